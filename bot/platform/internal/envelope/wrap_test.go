package envelope

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/url"
	"strings"
	"testing"
)

func TestSealedMessagesAreFoundInTheirWrappers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from func([]byte) (string, error)
		body string
		want string
	}{
		"json":             {FromJSON, `{"encrypt":"AbC+/="}`, "AbC+/="},
		"json of a plugin": {FromJSON, `{"Encrypt":"AbC","ToUserName":"x"}`, "AbC"},
		"json, nothing":    {FromJSON, `{}`, ""},
		"json, a number":   {FromJSON, `{"encrypt":7}`, ""},
		"json, a list":     {FromJSON, `[1]`, ""},
		"json, cut":        {FromJSON, `{"encrypt":"Ab`, ""},
		"json, empty":      {FromJSON, ``, ""},
		"xml":              {FromXML, "<xml><ToUserName><![CDATA[wx]]></ToUserName><AgentID>1</AgentID>\n<Encrypt><![CDATA[AbC+/=]]></Encrypt></xml>", "AbC+/="},
		"xml, blanks":      {FromXML, "<xml>\n<Encrypt>\n AbC \n</Encrypt></xml>", "AbC"},
		"xml, nothing":     {FromXML, "<xml></xml>", ""},
		"xml, an entity":   {FromXML, `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Encrypt>&e;</Encrypt></xml>`, ""},
		"xml, cut":         {FromXML, "<xml><Encrypt>AbC", ""},
		"xml, empty":       {FromXML, "", ""},
		"xml, is json":     {FromXML, `{"encrypt":"AbC"}`, ""},
	} {
		got, err := c.from([]byte(c.body))
		if got != c.want || (err != nil) != (c.want == "") || (err != nil && !errors.Is(err, ErrRefused)) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestAnswersHaveTheFormOfTheirPlatform(t *testing.T) {
	t.Parallel()
	s := Sealed{Encrypt: "AbC+/=", Signature: "0123abcd", Timestamp: 1409659813, Nonce: `a]]><b>"&`}
	const want = `{"encrypt":"AbC+/=","msgsignature":"0123abcd","timestamp":1409659813,"nonce":"a]]\u003e\u003cb\u003e\"\u0026"}`
	if got := string(s.JSON()); got != want {
		t.Errorf("%s", got)
	}
	var back struct{ Nonce string }
	if err := json.Unmarshal(s.JSON(), &back); err != nil || back.Nonce != s.Nonce {
		t.Errorf("%q, %v", back.Nonce, err)
	}
	var x struct {
		Encrypt, MsgSignature, Nonce string
		TimeStamp                    int64
	}
	if err := xml.Unmarshal(s.XML(), &x); err != nil {
		t.Fatal(err)
	}
	if x.Encrypt != s.Encrypt || x.MsgSignature != s.Signature || x.TimeStamp != s.Timestamp || x.Nonce != s.Nonce {
		t.Errorf("%+v from %s", x, s.XML())
	}
	if !strings.HasPrefix(string(s.XML()), "<xml><Encrypt><![CDATA[") {
		t.Errorf("%s", s.XML())
	}
}

func TestQueriesAreReadUnderAllTheirNames(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]Query{
		"msg_signature=a&signature=b&timestamp=1&nonce=2&echostr=x+y%2Bz": {MsgSignature: "a", Signature: "b", Timestamp: "1", Nonce: "2", Echo: "x+y+z"},
		"msgsignature=a&timestamp=1":                                      {MsgSignature: "a", Timestamp: "1"},
		"signature=b":                                                     {MsgSignature: "b", Signature: "b"},
		"":                                                                {},
	} {
		v, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if got := ParseQuery(v); got != want {
			t.Errorf("%s: %+v", query, got)
		}
	}
}
