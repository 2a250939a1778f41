// Package config reads config.yaml into a Config: strict, and with every
// mistake named at once, each with its line and a correct example.
//
// It is a leaf: nothing of ours is imported, nothing is opened but the file
// itself, and no platform is asked. Whether a token works or a folder can be
// written is for the program to find out. Texts of mistakes for people are in
// templates/<language>/config.html, keyed by Problem.Code.
package config

import (
	// Zones must be known on Windows and in images without zoneinfo too.
	_ "time/tzdata"
)

// Config is the whole configuration, as contract.md section 2 describes it.
// A Config returned by Load, Parse or Sandbox is complete and checked: defaults
// are filled in, variables are expanded, addresses have no trailing slash.
//
// The yaml tag is the key, the example tag a correct value for error messages.
type Config struct {
	Language    string      `yaml:"language" example:"zh-CN"`                    // zh-CN or en
	Timezone    string      `yaml:"timezone" example:"Asia/Shanghai"`            // IANA name; default of new communities
	DayStartsAt string      `yaml:"day_starts_at" example:"\"04:00\""`           // HH:MM, 24 h, in Timezone; default of new communities
	Database    string      `yaml:"database" example:"qunmate.db"`               // path of the SQLite file
	Templates   string      `yaml:"templates" example:"my-texts"`                // folder that replaces built-in texts; empty: none
	Backups     Backups     `yaml:"backups" example:"{folder: backups}"`         // daily online backup
	Admins      []string    `yaml:"admins" example:"[\"telegram:123456\"]"`      // operators, each domain:id
	Log         Log         `yaml:"log" example:"{level: info}"`                 // what is logged, and how
	HTTP        HTTP        `yaml:"http" example:"{listen: \"127.0.0.1:8080\"}"` // addresses we listen on and are reached at
	Sandbox     SandboxMode `yaml:"sandbox" example:"{enabled: false}"`          // the page to try everything on
	Telegram    []Telegram  `yaml:"telegram" example:"[{name: main, token: \"${TELEGRAM_BOT_TOKEN}\"}]"`
	WeCom       WeCom       `yaml:"wecom" example:"{corp_id: \"${WECOM_CORP_ID}\"}"`
	WeChat      WeChat      `yaml:"wechat" example:"{base_url: \"https://api.weixin.qq.com\"}"`
	Draw        Draw        `yaml:"draw" example:"{beacon: drand}"`

	texts [2]int // line and column of templates
}

// Backups says where and when the daily backup is written.
type Backups struct {
	Folder string `yaml:"folder" example:"backups"`      // empty: no backups
	Keep   int    `yaml:"keep" example:"7"`              // newest files kept, at least 1
	Cron   string `yaml:"cron" example:"\"15 4 * * *\""` // five fields, in Config.Timezone
}

// Log says what is logged and in which form.
type Log struct {
	Level  string `yaml:"level" example:"info"`  // debug, info, warn or error
	Format string `yaml:"format" example:"text"` // text or json
}

// HTTP holds the addresses of our own web server.
type HTTP struct {
	Listen       string `yaml:"listen" example:"\"127.0.0.1:8080\""`              // host:port of the sandbox page, health and metrics
	PublicListen string `yaml:"public_listen" example:"\"0.0.0.0:8443\""`         // host:port of the callbacks alone; empty: on Listen
	PublicURL    string `yaml:"public_url" example:"\"https://bot.example.com\""` // https address the platforms call; may be empty
}

// SandboxMode switches the sandbox page on beside real connections. Ask
// Config.SandboxOn, which knows the case without connections.
type SandboxMode struct {
	Enabled bool `yaml:"enabled" example:"true"`
}

// Telegram is one Telegram bot.
type Telegram struct {
	Name          string `yaml:"name" example:"main"`
	Token         Secret `yaml:"token" example:"${TELEGRAM_BOT_TOKEN}"`
	BaseURL       string `yaml:"base_url" example:"https://api.telegram.org"`
	Mode          string `yaml:"mode" example:"polling"`                              // polling or webhook
	WebhookSecret Secret `yaml:"webhook_secret" example:"${TELEGRAM_WEBHOOK_SECRET}"` // empty: generated and stored by the program
	Line          int    `yaml:"-"`                                                   // where it stands in the file
}

// WeCom holds everything of one corporation.
type WeCom struct {
	CorpID   string    `yaml:"corp_id" example:"${WECOM_CORP_ID}"` // needed for Apps only
	BaseURL  string    `yaml:"base_url" example:"https://qyapi.weixin.qq.com"`
	AIBots   []AIBot   `yaml:"aibots" example:"[{name: helper, bot_id: \"${WECOM_BOT_ID}\", secret: \"${WECOM_BOT_SECRET}\"}]"`
	Webhooks []Webhook `yaml:"webhooks" example:"[{name: news, key: \"${WECOM_WEBHOOK_KEY}\"}]"`
	Apps     []App     `yaml:"apps" example:"[{name: staff, agent_id: 1000002, secret: \"${WECOM_APP_SECRET}\"}]"`
}

// AIBot is one two-way WeCom group bot.
type AIBot struct {
	Name           string `yaml:"name" example:"helper"`
	Mention        string `yaml:"mention" example:"helper"` // the name members @, without the @; may be empty
	Mode           string `yaml:"mode" example:"websocket"` // websocket or callback
	WebSocketURL   string `yaml:"websocket_url" example:"wss://openws.work.weixin.qq.com"`
	BotID          string `yaml:"bot_id" example:"${WECOM_BOT_ID}"`                // websocket mode
	Secret         Secret `yaml:"secret" example:"${WECOM_BOT_SECRET}"`            // websocket mode
	Token          Secret `yaml:"token" example:"${WECOM_BOT_TOKEN}"`              // callback mode
	EncodingAESKey Secret `yaml:"encoding_aes_key" example:"${WECOM_BOT_AES_KEY}"` // callback mode
	Line           int    `yaml:"-"`                                               // where it stands in the file
}

// Webhook is one WeCom group robot that only posts; its name is its chat's name.
type Webhook struct {
	Name string `yaml:"name" example:"news"`
	Key  Secret `yaml:"key" example:"${WECOM_WEBHOOK_KEY}"`
	Chat string `yaml:"chat" example:"wrkSFfCgAALFgnrSsWU38puiv4yvExuw"` // the group it shares with an aibot; may be empty
	Line int    `yaml:"-"`                                               // where it stands in the file
}

// App is one self-built WeCom application. Token and EncodingAESKey are both
// set (it hears callbacks) or both empty (it only sends).
type App struct {
	Name           string `yaml:"name" example:"staff"`
	AgentID        int    `yaml:"agent_id" example:"1000002"`
	Secret         Secret `yaml:"secret" example:"${WECOM_APP_SECRET}"`
	Token          Secret `yaml:"token" example:"${WECOM_APP_TOKEN}"`
	EncodingAESKey Secret `yaml:"encoding_aes_key" example:"${WECOM_APP_AES_KEY}"`
	Contacts       bool   `yaml:"contacts" example:"true"`   // adds customer groups
	Community      string `yaml:"community" example:"staff"` // community of its 1:1 chats and customer groups; empty: by membership, each group its own
	Line           int    `yaml:"-"`                         // where it stands in the file
}

// WeChat holds the official accounts.
type WeChat struct {
	BaseURL          string            `yaml:"base_url" example:"https://api.weixin.qq.com"`
	OfficialAccounts []OfficialAccount `yaml:"official_accounts" example:"[{name: oa, app_id: \"${WECHAT_APP_ID}\", app_secret: \"${WECHAT_APP_SECRET}\", token: \"${WECHAT_TOKEN}\"}]"`
}

// OfficialAccount is one WeChat official account. EncodingAESKey is empty in
// the platform's plain-text mode.
type OfficialAccount struct {
	Name           string `yaml:"name" example:"oa"`
	AppID          string `yaml:"app_id" example:"${WECHAT_APP_ID}"`
	AppSecret      Secret `yaml:"app_secret" example:"${WECHAT_APP_SECRET}"`
	Token          Secret `yaml:"token" example:"${WECHAT_TOKEN}"`
	EncodingAESKey Secret `yaml:"encoding_aes_key" example:"${WECHAT_AES_KEY}"`
	Community      string `yaml:"community" example:"members"` // community of its 1:1 chats; empty: by membership
	Line           int    `yaml:"-"`                           // where it stands in the file
}

// Draw says where the public randomness of new draws comes from.
type Draw struct {
	Beacon    string   `yaml:"beacon" example:"drand"` // drand, number or none
	URLs      []string `yaml:"urls" example:"[\"https://api.drand.sh\"]"`
	Chain     string   `yaml:"chain" example:"52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"`                                                                                                                                      // chain hash, 64 lower-case hex digits
	PublicKey string   `yaml:"public_key" example:"83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"` // of the chain, 192 lower-case hex digits
}
