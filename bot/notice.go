package bot

import (
	"context"
	"crypto/sha256"
	"encoding/base32"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// maxNotices bounds what waits to be told to the operators.
const maxNotices = 64

// notice is something the operators have to know that no event of theirs
// answers.
type notice struct {
	text string
	data any
}

// Notify tells every operator something by direct message: a text's name and
// its values. It does not wait. The message is a letter like all others: a
// connection that is down keeps it until it is back.
func (e *Engine) Notify(text string, data any) {
	select {
	case e.notices <- notice{text, data}:
	default:
		e.Log.Error("too much to tell the operators", "text", text)
	}
}

func (e *Engine) tellNotices(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case n := <-e.notices:
			told := false
			err := e.do(ctx, func(ctx context.Context, tx *storage.Tx) error {
				var err error
				told, err = (&Request{Tx: tx, engine: e, Language: e.Language}).TellOperators(ctx, Reply{Template: n.text, Data: n.data, Lane: storage.LaneActivity})
				return err
			})
			switch {
			case err != nil && ctx.Err() == nil:
				e.Log.Error("the operators could not be told", "text", n.text, "err", err)
			case err == nil && !told:
				e.Log.Warn("no operator can be reached by direct message", "text", n.text)
			}
		}
	}
}

// tagOf is a short word that tells one nameless thing from another, and does
// not tell its id.
func tagOf(ref chat.Ref) string {
	sum := sha256.Sum256([]byte(ref.String()))
	return base32.StdEncoding.EncodeToString(sum[:])[:4]
}
