package envelope

import (
	"bytes"
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
	// A length that points behind the end, and an answer shorter than its head.
	long := encrypt(key, [randomSize]byte{}, nil, "")
	if _, _, err := decrypt(key, long); err != nil {
		t.Errorf("an empty message: %v", err)
	}
}
