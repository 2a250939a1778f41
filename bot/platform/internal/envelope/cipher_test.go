package envelope

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"
	"testing"
)

func TestTheLast2BitsOfAKeyMeanNothing(t *testing.T) {
	t.Parallel()
	want, err := decodeKey(strings.Repeat("a", 42) + "A")
	if err != nil {
		t.Fatal(err)
	}
	for _, last := range "BCD" {
		got, err := decodeKey(strings.Repeat("a", 42) + string(last))
		if err != nil || *got != *want {
			t.Errorf("%c: %v", last, err)
		}
	}
}

func TestEveryPaddingOpens(t *testing.T) {
	t.Parallel()
	for _, receiver := range []string{"", testCorp} {
		r := newRig(t, Options{EncodingAESKey: testKey, ReceiveID: receiver})
		for n := range 71 {
			msg := bytes.Repeat([]byte{'x'}, n)
			q, sealed := r.request(string(msg), strconv.Itoa(n))
			got, err := r.Open(q, sealed)
			if err != nil || !bytes.Equal(got, msg) {
				t.Errorf("%d bytes for %q: %q, %v", n, receiver, got, err)
			}
		}
	}
}

func TestDecryptBelievesNothing(t *testing.T) {
	t.Parallel()
	key, err := decodeKey(testKey)
	if err != nil {
		t.Fatal(err)
	}
	whole := encrypt(key, [randomSize]byte{}, bytes.Repeat([]byte("hello"), 20), "")
	for name, sealed := range map[string]string{
		"empty": "", "one byte": "AA==", "no block": "AAAA", "half a block": whole[:20], "cut": whole[:64],
	} {
		if msg, who, err := decrypt(key, sealed); err == nil {
			t.Errorf("%s: %q %q", name, msg, who)
		}
	}
	if _, _, err := decrypt(key, encrypt(key, [randomSize]byte{}, nil, "")); err != nil {
		t.Errorf("an empty message: %v", err)
	}
}

// Whoever can seal could still write anything inside: lengths that point behind
// the end, a message shorter than its head, and padding that is none.
func TestWhatIsInsideIsCheckedToo(t *testing.T) {
	t.Parallel()
	key, err := decodeKey(testKey)
	if err != nil {
		t.Fatal(err)
	}
	says := func(length uint32, body string) []byte {
		head := binary.BigEndian.AppendUint32(make([]byte, randomSize), length)
		return append(head, body...)
	}
	padded := func(plain []byte, pad int) string {
		plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
		cipher.NewCBCEncrypter(block(key), key[:aes.BlockSize]).CryptBlocks(plain, plain)
		return base64.StdEncoding.EncodeToString(plain)
	}
	if msg, _, err := decrypt(key, padded(says(4, "done"), 8)); err != nil || string(msg) != "done" {
		t.Fatalf("%q, %v", msg, err) // else the others prove nothing
	}
	for name, sealed := range map[string]string{
		"one byte more": padded(says(5, "done"), 8), "all that was padding": padded(says(12, "done"), 8), "two gigabytes": padded(says(1<<31-1, "done"), 8),
		"four gigabytes": padded(says(1<<32-1, "done"), 8), "no head": padded([]byte("done"), 12), "half a head": padded(make([]byte, randomSize+1), 15),
		"nothing": padded(nil, 16), "no padding": padded(says(12, "done and \x00\x00\x00"), 0), "too much of it": padded(says(4, "done"), 40),
		"another byte in it": padded(append(says(4, "done"), 1, 8, 8, 8, 8, 8, 8, 8), 0),
	} {
		if msg, who, err := decrypt(key, sealed); err == nil {
			t.Errorf("%s: %q %q", name, msg, who)
		}
	}
}

// What is sealed fills blocks of 32 bytes (path 101033), which is more than the
// cipher wants.
func TestPaddingFillsBlocksOf32Bytes(t *testing.T) {
	t.Parallel()
	key, err := decodeKey(testKey)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 70 {
		raw, err := base64.StdEncoding.DecodeString(encrypt(key, [randomSize]byte{}, make([]byte, n), "ww"))
		if err != nil || len(raw)%padTo != 0 || len(raw) <= headSize+n+2 || len(raw) > headSize+n+2+padTo {
			t.Errorf("%d bytes became %d, %v", n, len(raw), err)
		}
	}
}
