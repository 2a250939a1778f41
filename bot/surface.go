package bot

import "qunmate/bot/chat"

// Exposed reports that everybody in the chat reads an answer, and that it
// stays: there a line does, without what the person can ask for himself.
func (req *Request) Exposed() bool {
	return req.Chat.Kind != string(chat.Private) && !req.Caps.Whispers && !req.Caps.Delete
}

// Call is what must stand before a command so that it is heard here: "@helper "
// where the bot hears only who mentions it, else nothing.
func (req *Request) Call() (string, error) {
	if !req.Caps.Mentioned {
		return "", nil
	}
	text, err := req.engine.Texts.Render(req.Language, "common.at", req.Caps)
	return chat.Plain(text) + " ", err
}
