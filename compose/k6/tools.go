//go:build tools

// The import pins the program in go.mod; nothing here is compiled into it.
package tools

import _ "go.k6.io/k6/v2"
