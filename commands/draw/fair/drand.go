package fair

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

// The public randomness of draws: drand's network "quicknet", scheme
// bls-unchained-g1-rfc9380, a round every three seconds.
const (
	QuicknetChain = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
	QuicknetKey   = "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"

	genesis = 1692803367 // Unix seconds of round 1
	period  = 3          // seconds between rounds
	dst     = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
)

// RoundAt is the first round at or after t.
func RoundAt(t time.Time) int64 {
	since := t.Sub(time.Unix(genesis, 0))
	if since <= 0 {
		return 1
	}
	const step = period * time.Second
	return int64((since+step-1)/step) + 1
}

// RoundTime is when a round comes to exist.
func RoundTime(round int64) time.Time {
	return time.Unix(genesis+(round-1)*period, 0).UTC()
}

// ErrSignature is the error of a signature that the network did not make for
// that round.
var ErrSignature = errors.New("the signature is not the network's for this round")

// VerifyRound checks a round's signature with the network's public key and
// returns the signature's bytes, which are the randomness of a draw.
func VerifyRound(publicKey string, round int64, signature string) ([]byte, error) {
	var key bls.G2Affine
	if err := point(publicKey, 96, key.SetBytes); err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	var sig bls.G1Affine
	if err := point(signature, 48, sig.SetBytes); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if round <= 0 || key.IsInfinity() || sig.IsInfinity() {
		return nil, ErrSignature
	}
	hashed, err := bls.HashToG1(roundMessage(round), []byte(dst))
	if err != nil {
		return nil, fmt.Errorf("round %d: %w", round, err)
	}
	hashed.Neg(&hashed)
	_, _, _, base := bls.Generators()
	ok, err := bls.PairingCheck([]bls.G1Affine{sig, hashed}, []bls.G2Affine{base, key})
	if err != nil {
		return nil, fmt.Errorf("round %d: %w", round, err)
	}
	if !ok {
		return nil, ErrSignature
	}
	raw := sig.Bytes()
	return raw[:], nil
}

// roundMessage is what the network signs: the hash of the round's number.
func roundMessage(round int64) []byte {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(round)) //nolint:gosec // rounds are positive
	sum := sha256.Sum256(b[:])
	return sum[:]
}

// point reads a compressed point of the curve's right subgroup.
func point(text string, size int, set func([]byte) (int, error)) error {
	raw, err := unhex(text, size)
	if err != nil {
		return err
	}
	if raw[0]&0x80 == 0 { // an uncompressed form would be longer
		return errors.New("not a compressed point")
	}
	n, err := set(raw)
	if err == nil && n != size {
		err = fmt.Errorf("%d of %d bytes read", n, size)
	}
	return err
}

// unhex reads lower-case hex of exactly size bytes.
func unhex(text string, size int) ([]byte, error) {
	raw, err := hex.DecodeString(text)
	if err != nil {
		return nil, err
	}
	if len(raw) != size || hex.EncodeToString(raw) != text {
		return nil, fmt.Errorf("%d bytes in lower-case hex are needed", size)
	}
	return raw, nil
}
