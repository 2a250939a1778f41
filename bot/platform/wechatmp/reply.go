package wechatmp

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"qunmate/bot/platform/internal/envelope"
)

// nothingToSay ends a request without an answer. Anything but this, an empty
// body or a message makes the platform tell the person that the account is out
// of order (Passive_user_reply_message).
const nothingToSay = "success"

// close answers a push with nothing to say.
func (a *Account) close(w http.ResponseWriter, in inbound, q envelope.Query) {
	_ = a.write(w, in, q, "") // the platform went away; it has what it wanted to know or will repeat itself
}

// write answers a push, with a text or with nothing to say, sealed if the
// account is.
func (a *Account) write(w http.ResponseWriter, in inbound, q envelope.Query, text string) error {
	body, kind := []byte(nothingToSay), "text/plain; charset=utf-8"
	if text != "" {
		body, kind = textReply(in, a.opts.Now().Unix(), text), "text/xml; charset=utf-8"
		if a.sealed {
			sealed, err := a.codec.Seal(body, q.Nonce)
			if err != nil {
				return fmt.Errorf("seal: %w", err)
			}
			body = sealed.XML()
		}
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if _, err := w.Write(body); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	if err := http.NewResponseController(w).Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

// textReply is the passive answer to a push, from its receiver to its sender.
func textReply(in inbound, now int64, text string) []byte {
	var b bytes.Buffer
	b.WriteString("<xml><ToUserName>" + cdata(in.From) + "</ToUserName><FromUserName>" + cdata(in.To))
	b.WriteString("</FromUserName><CreateTime>" + strconv.FormatInt(now, 10) + "</CreateTime><MsgType>" + cdata("text"))
	b.WriteString("</MsgType><Content>" + cdata(text) + "</Content></xml>")
	return b.Bytes()
}

// cdata wraps a text as the platform's own examples do. Its end mark cannot
// stand inside; it is spread over two sections.
func cdata(text string) string {
	return "<![CDATA[" + strings.ReplaceAll(text, "]]>", "]]]]><![CDATA[>") + "]]>"
}

// legible drops what XML cannot carry: control characters, and halves of
// surrogate pairs. One of them would make the whole answer invalid.
func legible(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if r == utf8.RuneError || r == 0xfffe || r == 0xffff || unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
}
