//go:build tools

// The import pins the server in go.mod; nothing here is compiled into it.
package tools

import _ "github.com/hashicorp/vault"
