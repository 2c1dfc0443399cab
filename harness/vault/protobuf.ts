/** A field of a protobuf message: its number, and its bytes or its number. */
export type Field = { readonly field: number; readonly value: Buffer | number }

/**
 * The fields of a message as they come, without its schema. Only what the servers use is known:
 * numbers, and everything with a length.
 * @returns `undefined` where the bytes are no such message
 */
export function fieldsOf(message: Buffer): readonly Field[] | undefined {
  const fields: Field[] = []
  for (let at = 0; at < message.length; ) {
    const tag = varintAt(message, at)
    if (tag === undefined) return undefined
    at = tag.end
    const field = Math.floor(tag.value / 8)
    const wire = tag.value % 8
    if (field === 0) return undefined
    if (wire === 0 || wire === 2) {
      const number = varintAt(message, at)
      if (number === undefined) return undefined
      at = number.end
      if (wire === 0) fields.push({ field, value: number.value })
      else {
        const end = at + number.value
        if (end > message.length) return undefined
        fields.push({ field, value: message.subarray(at, end) })
        at = end
      }
    } else if (wire === 1) at += 8
    else if (wire === 5) at += 4
    else return undefined
    if (at > message.length) return undefined
  }
  return fields
}

/** Protobuf's own limit; what is larger than a safe integer comes out inexact. */
const LONGEST_VARINT = 10

/** @returns `undefined` where the bytes end too soon, or never end the number */
export function varintAt(
  bytes: Buffer,
  begin: number,
): { readonly value: number; readonly end: number } | undefined {
  let value = 0
  for (let i = 0; i < LONGEST_VARINT; i++) {
    const byte = bytes[begin + i]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return { value, end: begin + i + 1 }
  }
  return undefined
}
