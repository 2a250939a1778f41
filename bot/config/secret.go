package config

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// Secret is a token, key or password. However it is printed, logged or encoded
// it shows as ***, so that it cannot leak by being part of a larger value; an
// empty one shows as nothing, so that "is not set" stays visible. Only Reveal
// gives the value away. Do not make it the key of a map: encoding/json prints
// keys as they are.
type Secret string

const mask = "***"

var (
	_ fmt.Formatter  = Secret("")
	_ fmt.GoStringer = Secret("")
	_ slog.LogValuer = Secret("")
	_ json.Marshaler = Secret("")
)

// Reveal returns the value itself. Hand it to the platform and to nobody else.
func (s Secret) Reveal() string { return string(s) }

// String returns *** or, for an empty secret, nothing.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return mask
}

// GoString returns what String returns.
func (s Secret) GoString() string { return s.String() }

// Format prints what String returns, whatever the verb: %x, %q and %#v would
// otherwise go round String.
func (s Secret) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, s.String()) // a fmt.State keeps its own errors
}

// MarshalText encodes what String returns. It never fails.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML encodes what String returns. It never fails.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// MarshalJSON encodes what String returns. It never fails.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// LogValue logs what String returns.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
