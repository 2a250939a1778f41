package chat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Picture goes with the text of a post: one that its platform has already, by
// the platform's own handle, or the bytes of one. The text never depends on it:
// where the picture cannot go out the text goes alone, see Sent.Lost.
type Picture struct {
	// ID is the number of a picture that is kept: its bytes are put in before it
	// is sent where Ref means nothing.
	ID   int64  `json:"id,omitempty"`
	Ref  Ref    `json:"ref,omitzero"` // good on the connection that brought it only
	MIME string `json:"mime,omitempty"`
	Data []byte `json:"data,omitempty"`
	// Fleeting: Ref is good for some minutes, and only to fetch the picture.
	Fleeting bool `json:"fleeting,omitempty"`
}

// Native reports whether the platform of a domain has the picture already.
func (p *Picture) Native(domain string) bool {
	return p != nil && !p.Fleeting && p.Ref.Domain == domain && p.Ref.ID != ""
}

// On reports whether there is something to show on a domain.
func (p *Picture) On(domain string) bool { return p != nil && (len(p.Data) > 0 || p.Native(domain)) }

// Sum names the bytes of the picture.
func (p *Picture) Sum() string {
	sum := sha256.Sum256(p.Data)
	return hex.EncodeToString(sum[:])
}

// Chart is a picture of figures: one bar each.
type Chart struct {
	Title string `json:"title"`
	Note  string `json:"note,omitempty"` // below
	Bars  []Bar  `json:"bars"`
}

// Poster is a picture that is passed on: who invites where, and the QR code of
// his link.
type Poster struct {
	Title string `json:"title"`          // of the community
	By    string `json:"by,omitempty"`   // who invites, as a sentence
	Link  string `json:"link"`           // what the QR code says
	Code  string `json:"code,omitempty"` // printed large where there is no link
	How   string `json:"how"`            // one line: what to do with it
	Note  string `json:"note,omitempty"` // below
}

// Bar is one line of a chart.
type Bar struct {
	Label string `json:"label"`
	Value int    `json:"value"`
	Share string `json:"share"` // the words behind the figure: "57%"
}

// Fetcher is a Platform that hands out the pictures and files that came with its
// events.
type Fetcher interface {
	// Fetch reads a picture by the Ref of Event.Picture, or a file by that of
	// Event.File, at most of limit bytes. It
	// uses the network; its error is a *SendError, of which Rejected and Gone mean
	// that there is no use in trying again.
	Fetch(ctx context.Context, r Ref, limit int) ([]byte, error)
}

// Uploads remember for a connection what its platform calls the pictures that
// were handed to it. Sum names the bytes; see Picture.Sum.
type Uploads interface {
	// Get finds a handle that is good after an instant, "" if there is none.
	Get(ctx context.Context, sum string, after time.Time) (handle string, err error)
	// Put keeps one until an instant, zero is for ever. No handle forgets it.
	Put(ctx context.Context, sum, handle string, until time.Time) error
}
