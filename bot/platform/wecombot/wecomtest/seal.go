package wecomtest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Sealed is a callback as it goes over the wire.
type Sealed struct {
	Query url.Values
	Body  []byte
}

// Seal encrypts and signs the body of a callback for an aibot of one's own
// corp: the receiver is empty (path 101033).
func (s *Server) Seal(plain []byte) Sealed {
	encrypted := s.encrypt(plain)
	body, err := json.Marshal(map[string]string{"encrypt": encrypted})
	if err != nil {
		panic("wecomtest: " + err.Error())
	}
	return Sealed{Query: s.sign(encrypted), Body: body}
}

// SealEcho makes the query of a verification.
func (s *Server) SealEcho(text string) url.Values {
	encrypted := s.encrypt([]byte(text))
	q := s.sign(encrypted)
	q.Set("echostr", encrypted)
	return q
}

func (s *Server) sign(encrypted string) url.Values {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24
	now, nonce := s.Now(), strconv.FormatUint(binary.BigEndian.Uint64(random[:]), 10)
	return url.Values{"msg_signature": {signature(s.opts.Token, now, nonce, encrypted)}, "timestamp": {now}, "nonce": {nonce}}
}

func signature(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

func (s *Server) key() ([]byte, cipher.Block) {
	key, err := base64.StdEncoding.DecodeString(s.opts.AESKey + "=")
	if err != nil {
		panic("wecomtest: AESKey: " + err.Error())
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("wecomtest: AESKey: " + err.Error())
	}
	return key, block
}

func (s *Server) encrypt(plain []byte) string {
	key, block := s.key()
	data := make([]byte, 20, 64+len(plain))
	_, _ = rand.Read(data[:16]) // never fails since Go 1.24
	binary.BigEndian.PutUint32(data[16:], uint32(len(plain)))
	data = append(data, plain...)
	pad := 32 - len(data)%32
	data = append(data, slices.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, key[:16]).CryptBlocks(data, data)
	return base64.StdEncoding.EncodeToString(data)
}

var errAnswer = errors.New("wecomtest: the answer is not sealed as it should be")

// OpenAnswer checks and decrypts a passive reply (path 101031).
func (s *Server) OpenAnswer(body []byte, nonce string) ([]byte, error) {
	var a struct {
		Encrypt   string `json:"encrypt"`
		Signature string `json:"msgsignature"`
		Timestamp int64  `json:"timestamp"`
		Nonce     string `json:"nonce"`
	}
	if json.Unmarshal(body, &a) != nil || a.Nonce != nonce ||
		a.Signature != signature(s.opts.Token, strconv.FormatInt(a.Timestamp, 10), a.Nonce, a.Encrypt) {
		return nil, errAnswer
	}
	key, block := s.key()
	data, err := base64.StdEncoding.DecodeString(a.Encrypt)
	if err != nil || len(data) == 0 || len(data)%32 != 0 {
		return nil, errAnswer
	}
	cipher.NewCBCDecrypter(block, key[:16]).CryptBlocks(data, data)
	pad := int(data[len(data)-1])
	if pad < 1 || pad > 32 || len(data)-pad < 20 {
		return nil, errAnswer
	}
	data = data[:len(data)-pad]
	n := int(binary.BigEndian.Uint32(data[16:]))
	if n != len(data)-20 { // nothing behind it: the receiver is empty
		return nil, errAnswer
	}
	return data[20:], nil
}
