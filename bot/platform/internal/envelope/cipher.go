package envelope

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // the platforms' signature is SHA-1
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
)

const (
	keySize    = 32
	randomSize = 16
	headSize   = randomSize + 4 // random bytes and the length
	// padTo is the block of the padding: 32 bytes, twice the cipher's own.
	padTo = 32
)

// keyChars is the length of an EncodingAESKey: base64 of 32 bytes without the
// closing "=".
const keyChars = 43

var errKeyForm = errors.New("must be 43 letters and digits")

// decodeKey reads an EncodingAESKey. Its last character carries two bits that
// mean nothing and need not be zero.
func decodeKey(s string) (*[keySize]byte, error) {
	if len(s) != keyChars {
		return nil, errKeyForm
	}
	raw, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil || len(raw) != keySize {
		return nil, errKeyForm
	}
	return (*[keySize]byte)(raw), nil
}

// sign makes the signature: SHA-1 over the sorted parts, in hex.
func sign(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, ""))) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}

// encrypt makes AES-256-CBC of: 16 random bytes, the message's length as four
// bytes in network order, the message, the receiver (path 101033).
func encrypt(key *[keySize]byte, random [randomSize]byte, msg []byte, receiver string) string {
	plain := make([]byte, 0, headSize+len(msg)+len(receiver)+padTo)
	plain = append(plain, random[:]...)
	plain = binary.BigEndian.AppendUint32(plain, uint32(len(msg))) //nolint:gosec // an answer is at most some megabytes
	plain = append(plain, msg...)
	plain = append(plain, receiver...)
	pad := padTo - len(plain)%padTo
	for range pad {
		plain = append(plain, byte(pad))
	}
	cipher.NewCBCEncrypter(block(key), key[:aes.BlockSize]).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain)
}

var errUnreadable = errors.New("unreadable")

// decrypt is the reverse. It believes nothing: every length is checked.
func decrypt(key *[keySize]byte, sealed string) (msg []byte, receiver string, err error) {
	data, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, "", errUnreadable
	}
	cipher.NewCBCDecrypter(block(key), key[:aes.BlockSize]).CryptBlocks(data, data)
	if data, err = unpad(data); err != nil {
		return nil, "", err
	}
	if len(data) < headSize {
		return nil, "", errUnreadable
	}
	n := binary.BigEndian.Uint32(data[randomSize:headSize])
	rest := data[headSize:]
	if uint64(n) > uint64(len(rest)) {
		return nil, "", errUnreadable
	}
	return rest[:n:n], string(rest[n:]), nil
}

// MaxPadding is how much longer a sealed file is at most.
const MaxPadding = padTo

// OpenFile decrypts a file of a message: AES-256-CBC, padded to 32 bytes; the
// key is base64 with or without its closing sign (path 100719).
func OpenFile(key string, data []byte) ([]byte, error) {
	k, err := decodeKey(strings.TrimRight(key, "="))
	if err != nil {
		return nil, err
	}
	if len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, errUnreadable
	}
	out := make([]byte, len(data))
	cipher.NewCBCDecrypter(block(k), k[:aes.BlockSize]).CryptBlocks(out, data)
	return unpad(out)
}

// unpad takes the padding off; it believes nothing.
func unpad(data []byte) ([]byte, error) {
	pad := int(data[len(data)-1])
	if pad < 1 || pad > padTo || pad > len(data) {
		return nil, errUnreadable
	}
	for _, b := range data[len(data)-pad:] {
		if int(b) != pad {
			return nil, errUnreadable
		}
	}
	return data[:len(data)-pad], nil
}

func block(key *[keySize]byte) cipher.Block {
	b, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	return b
}
