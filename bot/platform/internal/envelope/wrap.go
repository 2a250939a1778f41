package envelope

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strconv"
	"strings"
)

// FromJSON takes the sealed message out of a JSON body, {"encrypt":"…"} (path
// 101033). The official plugin takes "Encrypt" too, and so does this.
func FromJSON(body []byte) (string, error) {
	var b struct {
		Encrypt string `json:"encrypt"`
	}
	if json.Unmarshal(body, &b) != nil || b.Encrypt == "" {
		return "", ErrRefused
	}
	return b.Encrypt, nil
}

// FromXML takes the sealed message out of an XML body:
// <xml><ToUserName/><AgentID/><Encrypt/></xml> (path 90238).
func FromXML(body []byte) (string, error) {
	var b struct {
		Encrypt string `xml:"Encrypt"`
	}
	if xml.Unmarshal(body, &b) != nil {
		return "", ErrRefused
	}
	b.Encrypt = strings.TrimSpace(b.Encrypt)
	if b.Encrypt == "" {
		return "", ErrRefused
	}
	return b.Encrypt, nil
}

// JSON is the answer of the aibot (path 101031).
func (s Sealed) JSON() []byte {
	out, err := json.Marshal(struct {
		Encrypt   string `json:"encrypt"`
		Signature string `json:"msgsignature"`
		Timestamp int64  `json:"timestamp"`
		Nonce     string `json:"nonce"`
	}{s.Encrypt, s.Signature, s.Timestamp, s.Nonce})
	if err != nil {
		panic(err) // strings and a number: nothing that could fail
	}
	return out
}

// XML is the answer of apps and official accounts (path 90241).
func (s Sealed) XML() []byte {
	var b bytes.Buffer
	b.WriteString("<xml><Encrypt><![CDATA[" + s.Encrypt + "]]></Encrypt><MsgSignature><![CDATA[" + s.Signature)
	b.WriteString("]]></MsgSignature><TimeStamp>" + strconv.FormatInt(s.Timestamp, 10) + "</TimeStamp><Nonce>")
	_ = xml.EscapeText(&b, []byte(s.Nonce)) // a buffer takes everything
	b.WriteString("</Nonce></xml>")
	return b.Bytes()
}
