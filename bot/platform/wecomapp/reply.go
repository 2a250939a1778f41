package wecomapp

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

// nothingToSay ends a request without an answer: an empty 200 (path 90238).
func nothingToSay(w http.ResponseWriter) { w.WriteHeader(http.StatusOK) }

// write answers a push, with a text or with nothing to say.
func (a *App) write(w http.ResponseWriter, in inbound, q envelope.Query, text string) error {
	if text == "" {
		nothingToSay(w)
		return nil
	}
	sealed, err := a.codec.Seal(textReply(in, a.opts.Now().Unix(), text), q.Nonce)
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	body := sealed.XML()
	h := w.Header()
	h.Set("Content-Type", "text/xml; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if _, err := w.Write(body); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	if err := http.NewResponseController(w).Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

// textReply is the passive answer to a push, from its receiver to its sender
// (path 90241).
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
