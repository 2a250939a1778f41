package config

// The drand network "quicknet": a round every 3 s. Chain and key belong
// together; the key is what a receipt is checked against.
const (
	quicknetChain = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
	quicknetKey   = "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c" +
		"8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb" +
		"5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
)

// The values of keys that choose between ways of working.
const (
	modePolling   = "polling"
	modeWebhook   = "webhook"
	modeWebSocket = "websocket"
	modeCallback  = "callback"
	beaconDrand   = "drand"
)

// Sandbox returns what runs without any file: the defaults with the sandbox
// switched on and no connection.
func Sandbox() *Config {
	c := defaults()
	c.Sandbox.Enabled = true
	return c
}

// defaults returns what an empty file means.
func defaults() *Config {
	return &Config{
		Language:    "zh-CN",
		Timezone:    "Asia/Shanghai",
		DayStartsAt: "04:00",
		Database:    "qunmate.db",
		Backups: Backups{
			Keep: 7,
			// Shortly after the usual start of the chat day, when nobody waits.
			Cron: "15 4 * * *",
		},
		Log: Log{Level: "info", Format: "text"},
		// Loopback, so that the page is never open to the outside by accident.
		HTTP:   HTTP{Listen: "127.0.0.1:8080"},
		WeCom:  WeCom{BaseURL: "https://qyapi.weixin.qq.com"},
		WeChat: WeChat{BaseURL: "https://api.weixin.qq.com"},
		Draw: Draw{
			Beacon:    beaconDrand,
			URLs:      []string{"https://api.drand.sh"},
			Chain:     quicknetChain,
			PublicKey: quicknetKey,
		},
	}
}

// defaulter is a list item that is not all empty when nothing is said.
type defaulter interface{ setDefaults() }

var (
	_ defaulter = (*Telegram)(nil)
	_ defaulter = (*AIBot)(nil)
)

func (t *Telegram) setDefaults() {
	t.BaseURL = "https://api.telegram.org"
	t.Mode = modePolling
}

func (b *AIBot) setDefaults() {
	b.Mode = modeWebSocket
	b.WebSocketURL = "wss://openws.work.weixin.qq.com"
}
