package qyapitest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
)

// The cipher of the platform's side, written a second time on purpose: one
// mistake must not stand on both sides.

func decodeKey(s string) []byte {
	key, err := base64.StdEncoding.DecodeString(s + "=")
	if err != nil || len(key) != 32 {
		panic("qyapitest: the EncodingAESKey must have 43 characters of base64")
	}
	return key
}

func sign(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

func seal(key []byte, msg, appID string) string {
	frame := make([]byte, 20, 64+len(msg)+len(appID))
	_, _ = rand.Read(frame[:16]) // never fails since Go 1.24
	binary.BigEndian.PutUint32(frame[16:20], uint32(len(msg)))
	frame = append(append(frame, msg...), appID...)
	pad := 32 - len(frame)%32
	frame = append(frame, strings.Repeat(string(rune(pad)), pad)...)
	b, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	cipher.NewCBCEncrypter(b, key[:16]).CryptBlocks(frame, frame)
	return base64.StdEncoding.EncodeToString(frame)
}

var errSealed = errors.New("the answer cannot be opened")

func unseal(key []byte, sealed, appID string) (string, error) {
	frame, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(frame) < 32 || len(frame)%32 != 0 {
		return "", errSealed
	}
	b, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	cipher.NewCBCDecrypter(b, key[:16]).CryptBlocks(frame, frame)
	pad := int(frame[len(frame)-1])
	if pad < 1 || pad > 32 {
		return "", errSealed
	}
	frame = frame[:len(frame)-pad]
	if len(frame) < 20 {
		return "", errSealed
	}
	n := int(binary.BigEndian.Uint32(frame[16:20]))
	if n > len(frame)-20 || string(frame[20+n:]) != appID {
		return "", errSealed
	}
	return string(frame[20 : 20+n]), nil
}
