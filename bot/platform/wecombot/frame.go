package wecombot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
)

// Commands of the long connection (path 101463).
const (
	cmdSubscribe = "aibot_subscribe"
	cmdPing      = "ping"
	cmdRespond   = "aibot_respond_msg"
	cmdWelcome   = "aibot_respond_welcome_msg"
	cmdUpdate    = "aibot_respond_update_msg"
	cmdPush      = "aibot_send_msg"
	cmdInit      = "aibot_upload_media_init"
	cmdChunk     = "aibot_upload_media_chunk"
	cmdFinish    = "aibot_upload_media_finish"

	cmdMessage = "aibot_msg_callback"   // from the server
	cmdEvent   = "aibot_event_callback" // from the server
)

// frame is one message of the long connection. Without a command it is an
// acknowledgement, told from others by its req_id alone.
type frame struct {
	Cmd     string          `json:"cmd,omitempty"`
	Headers headers         `json:"headers"`
	Body    json.RawMessage `json:"body,omitempty"`
	Code    number          `json:"errcode,omitempty"`
	Msg     word            `json:"errmsg,omitempty"`
}

type headers struct {
	ReqID word `json:"req_id"`
}

var errFrame = errors.New("a frame is no JSON object")

// parseFrame reads what the server sent. It has been seen to send control
// characters inside strings, which JSON forbids; the official SDK removes them
// from every frame, we do when there is no other way to read it.
func parseFrame(data []byte) (frame, error) {
	var f frame
	if json.Unmarshal(data, &f) == nil {
		return f, nil
	}
	f = frame{}
	if json.Unmarshal(cleaned(data), &f) == nil {
		return f, nil
	}
	return frame{Headers: headers{ReqID: guessReqID(data)}}, errFrame
}

// cleaned drops the bytes that the official SDK drops. Line ends and tabs
// outside of strings may go as well.
func cleaned(data []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' {
			return -1
		}
		if r == '\t' || r == '\n' {
			return ' ' // inside a string these are forbidden too
		}
		return r
	}, data)
}

var reqIDForm = regexp.MustCompile(`"req_id"\s*:\s*"([\w.@:-]{1,128})"`)

// guessReqID names an unreadable frame for the log: what else is in it may be
// somebody's words.
func guessReqID(data []byte) word {
	if m := reqIDForm.FindSubmatch(data); m != nil {
		return word(m[1])
	}
	return ""
}

// encodeFrame writes a frame of ours. Letters such as < and & stay as they
// are: escaped they would take six bytes each.
func encodeFrame(cmd, reqID string, body any) ([]byte, error) {
	f := struct {
		Cmd     string  `json:"cmd"`
		Headers headers `json:"headers"`
		Body    any     `json:"body,omitempty"`
	}{cmd, headers{word(reqID)}, body}
	data, err := encode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cmd, err)
	}
	return data, nil
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
