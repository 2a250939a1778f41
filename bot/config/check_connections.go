package config

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	connectionName = regexp.MustCompile(`^[a-z0-9_-]{1,32}$`)
	telegramToken  = regexp.MustCompile(`^[0-9]+:[A-Za-z0-9_-]+$`)
	webhookSecret  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`) // the platform's own rule
	webhookKey     = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	groupChatID    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`) // any case: the platform tells wrA from wra
)

// unique remembers where a value was first seen: names, because they are routes
// and callback paths, and the platform's own ids, because two connections of
// one bot take each other's messages.
type unique map[string]string

func (k checker) name(path, name string, taken unique) {
	path += ".name"
	k.need(path, name)
	if !k.usable(path) {
		return
	}
	if !connectionName.MatchString(name) {
		k.wrong(path, codeBadName, "value", k.raw(path), "example", k.schema.example(path))
		return
	}
	if first, ok := taken[name]; ok {
		k.wrong(path, codeDuplicateName, "value", k.raw(path), "first", first)
		return
	}
	taken[name] = parent(path)
}

// account reports a second connection for the same account; id is not shown.
func (k checker) account(path, id string, taken unique) {
	if id == "" || !k.usable(path) {
		return
	}
	if first, ok := taken[id]; ok {
		k.wrong(path, codeSameAccount, "first", first)
		return
	}
	taken[id] = parent(path)
}

// callback reports a mode in which the platform calls us, without an address for it.
func (k checker) callback(path, mode, other string) {
	if k.HTTP.PublicURL == "" && k.usable(path) && k.usable("http.public_url") {
		k.wrong(path, codeNeedsPublicURL, "mode", mode, "other", other)
	}
}

func (k checker) aesKey(path string, key Secret) {
	if key == "" || !k.usable(path) {
		return
	}
	// 43 characters are base64 of 32 bytes without the closing "=".
	raw, err := base64.StdEncoding.DecodeString(key.Reveal() + "=")
	if len(key) != 43 || err != nil || len(raw) != 32 {
		k.wrong(path, codeBadAESKey, "count", strconv.Itoa(len([]rune(key.Reveal()))))
	}
}

func (k checker) telegram() {
	names, bots := unique{}, unique{}
	for i, t := range k.Telegram {
		path := fmt.Sprintf("telegram[%d]", i)
		if !k.usable(path) {
			continue
		}
		k.name(path, t.Name, names)
		if t.Token == "" && k.usable(path+".token") {
			k.wrong(path+".token", codeNoToken)
		}
		k.match(path+".token", t.Token.Reveal(), telegramToken, codeBadToken)
		bot, _, _ := strings.Cut(t.Token.Reveal(), ":")
		k.account(path+".token", bot, bots)
		k.url(path+".base_url", t.BaseURL, codeBadHTTPURL, "https", "http")
		k.choice(path+".mode", t.Mode, modePolling, modeWebhook)
		if t.Mode == modeWebhook {
			k.callback(path+".mode", modeWebhook, modePolling)
		}
		k.match(path+".webhook_secret", t.WebhookSecret.Reveal(), webhookSecret, codeBadWebhookSecret)
	}
}

func (k checker) aibots() {
	bots := unique{}
	for i, b := range k.WeCom.AIBots {
		path := fmt.Sprintf("wecom.aibots[%d]", i)
		if !k.usable(path) {
			continue
		}
		k.choice(path+".mode", b.Mode, modeWebSocket, modeCallback)
		k.url(path+".websocket_url", b.WebSocketURL, codeBadWSURL, "wss", "ws")
		switch b.Mode {
		case modeWebSocket:
			k.needFor(path+".bot_id", b.BotID, "mode: "+modeWebSocket)
			k.needFor(path+".secret", b.Secret.Reveal(), "mode: "+modeWebSocket)
		case modeCallback:
			k.needFor(path+".token", b.Token.Reveal(), "mode: "+modeCallback)
			k.needFor(path+".encoding_aes_key", b.EncodingAESKey.Reveal(), "mode: "+modeCallback)
			k.callback(path+".mode", modeCallback, modeWebSocket)
		}
		k.aesKey(path+".encoding_aes_key", b.EncodingAESKey)
		k.account(path+".bot_id", b.BotID, bots)
	}
	k.wecomNames()
}

// wecomNames runs over all three lists of wecom: they share their callback paths.
func (k checker) wecomNames() {
	names := unique{}
	for i, b := range k.WeCom.AIBots {
		k.name(fmt.Sprintf("wecom.aibots[%d]", i), b.Name, names)
	}
	for i, w := range k.WeCom.Webhooks {
		k.name(fmt.Sprintf("wecom.webhooks[%d]", i), w.Name, names)
	}
	for i, a := range k.WeCom.Apps {
		k.name(fmt.Sprintf("wecom.apps[%d]", i), a.Name, names)
	}
}

func (k checker) webhooks() {
	keys, chats := unique{}, unique{}
	for i, w := range k.WeCom.Webhooks {
		path := fmt.Sprintf("wecom.webhooks[%d].key", i)
		k.need(path, w.Key.Reveal())
		k.match(path, w.Key.Reveal(), webhookKey, codeBadWebhookKey)
		k.account(path, w.Key.Reveal(), keys)
		k.standsIn(fmt.Sprintf("wecom.webhooks[%d].chat", i), w.Chat, chats)
	}
}

// standsIn checks the group in which a webhook posts what an aibot cannot.
func (k checker) standsIn(path, chat string, taken unique) {
	k.match(path, chat, groupChatID, codeBadChatID, "example", k.schema.example(path))
	if chat == "" || !k.usable(path) {
		return
	}
	if first, ok := taken[chat]; ok {
		k.wrong(path, codeSameChat, "first", first)
		return
	}
	taken[chat] = parent(path)
	if len(k.WeCom.AIBots) == 0 && k.usable("wecom.aibots") {
		k.wrong(path, codeChatNeedsAIBot)
	}
}

func (k checker) apps() {
	agents := unique{}
	for i, a := range k.WeCom.Apps {
		path := fmt.Sprintf("wecom.apps[%d]", i)
		if !k.usable(path) {
			continue
		}
		k.needFor("wecom.corp_id", k.WeCom.CorpID, "wecom.apps")
		if a.AgentID <= 0 && k.usable(path+".agent_id") {
			k.wrong(path+".agent_id", codeRequired, "example", k.schema.example(path+".agent_id"))
		}
		k.need(path+".secret", a.Secret.Reveal())
		switch {
		case a.Token != "" && a.EncodingAESKey == "":
			k.needFor(path+".encoding_aes_key", "", "token")
		case a.Token == "" && a.EncodingAESKey != "":
			k.needFor(path+".token", "", "encoding_aes_key")
		}
		k.aesKey(path+".encoding_aes_key", a.EncodingAESKey)
		if a.AgentID > 0 {
			k.account(path+".agent_id", strconv.Itoa(a.AgentID), agents)
		}
	}
}

func (k checker) officialAccounts() {
	names, ids := unique{}, unique{}
	for i, a := range k.WeChat.OfficialAccounts {
		path := fmt.Sprintf("wechat.official_accounts[%d]", i)
		if !k.usable(path) {
			continue
		}
		k.name(path, a.Name, names)
		k.need(path+".app_id", a.AppID)
		k.need(path+".app_secret", a.AppSecret.Reveal())
		k.need(path+".token", a.Token.Reveal())
		k.aesKey(path+".encoding_aes_key", a.EncodingAESKey)
		k.account(path+".app_id", a.AppID, ids)
	}
}
