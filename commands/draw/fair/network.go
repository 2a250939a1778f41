package fair

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/big"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

// Network signs rounds with a key of its own, at any time: for the sandbox,
// whose clock runs ahead of drand's, and for tests. What it signs is worth
// nothing to anybody else: receipts are labelled with its chain.
type Network struct {
	secret *big.Int
	// Chain and Key are what draws name.
	Chain, Key string
}

// NewNetwork makes the network of a seed.
func NewNetwork(seed []byte) *Network {
	sum := sha256.Sum256(seed)
	n := &Network{secret: new(big.Int).SetBytes(sum[1:])} // below the order of the group
	_, _, _, base := bls.Generators()
	var key bls.G2Affine
	key.ScalarMultiplication(&base, n.secret)
	raw := key.Bytes()
	chain := sha256.Sum256(raw[:])
	n.Key, n.Chain = hex.EncodeToString(raw[:]), hex.EncodeToString(chain[:])
	return n
}

// Sign makes the signature of a round.
func (n *Network) Sign(round int64) (string, error) {
	p, err := bls.HashToG1(roundMessage(round), []byte(dst))
	if err != nil {
		return "", fmt.Errorf("round %d: %w", round, err)
	}
	p.ScalarMultiplication(&p, n.secret)
	raw := p.Bytes()
	return hex.EncodeToString(raw[:]), nil
}
