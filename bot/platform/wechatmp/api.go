package wechatmp

import (
	"context"
	"errors"
	"net/url"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/wxhttp"

	"github.com/silenceper/wechat/v2/officialaccount/basic"
	"github.com/silenceper/wechat/v2/officialaccount/config"
	oacontext "github.com/silenceper/wechat/v2/officialaccount/context"
	"github.com/silenceper/wechat/v2/officialaccount/menu"
	"github.com/silenceper/wechat/v2/officialaccount/message"
)

// api makes the calls, through the library.
type api struct {
	client *wxhttp.Client
	tokens *wxhttp.Tokens
	config *config.Config
}

func newAPI(o Options) (*api, error) {
	client, err := wxhttp.New(wxhttp.Options{WeChat: o.BaseURL, Transport: o.Transport, Timeout: o.Times.Call})
	if err != nil {
		return nil, err
	}
	return &api{
		client: client, tokens: client.WeChatTokens(o.AppID, o.AppSecret, wxhttp.NewCache(o.Now)),
		config: &config.Config{AppID: o.AppID},
	}, nil
}

// ready fetches the access token, unless there is one.
func (a *api) ready(ctx context.Context) error {
	_, err := a.tokens.Get(ctx)
	return err
}

func (a *api) do(ctx context.Context, name string, call func(*oacontext.Context) error) error {
	return a.client.Do(ctx, name, a.tokens, func(t wxhttp.Ticket) error {
		return call(&oacontext.Context{Config: a.config, AccessTokenHandle: t})
	})
}

// say sends a customer service message.
func (a *api) say(ctx context.Context, openid, text string) error {
	return a.do(ctx, "message/custom/send", func(c *oacontext.Context) error {
		return message.NewMessageManager(c).Send(message.NewCustomerTextMessage(openid, text))
	})
}

// menu reads the account's menu, however it was made. menu/get would show only
// one that a program has made.
func (a *api) menu(ctx context.Context) (got menu.ResSelfMenuInfo, err error) {
	err = a.do(ctx, "get_current_selfmenu_info", func(c *oacontext.Context) error {
		got, err = menu.NewMenu(c).GetCurrentSelfMenuInfo()
		return err
	})
	return got, err
}

func (a *api) setMenu(ctx context.Context, buttons []*menu.Button) error {
	return a.do(ctx, "menu/create", func(c *oacontext.Context) error { return menu.NewMenu(c).SetMenu(buttons) })
}

func (a *api) qr(ctx context.Context, q *basic.Request) (ticket *basic.Ticket, err error) {
	err = a.do(ctx, "qrcode/create", func(c *oacontext.Context) error {
		ticket, err = basic.NewBasic(c).GetQRTicket(q)
		return err
	})
	return ticket, err
}

// The limits of a scene and of a temporary code (api_createqrcode).
const (
	maxScene   = 64
	maxQRLife  = 30 * 24 * time.Hour
	qrImageURL = "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket="
)

// QR makes a parametric QR code and gives the address of its image. Whoever
// follows the account by it, or follows already and scans it, brings the
// Message "/start <scene>". A scene has 1 to 64 characters. temporary is how
// long the code lives, at most 30 days; 0 is for ever, of which an account can
// have a hundred thousand. Its error is a *chat.SendError.
func (a *Account) QR(ctx context.Context, scene string, temporary time.Duration) (imageURL string, err error) {
	imageURL, _, err = a.makeQR(ctx, scene, temporary)
	return imageURL, err
}

// maxQRText is longer than anything that a code of an account says.
const maxQRText = 256

// makeQR is QR that gives what the code says, too: "url" of the answer
// (api_createqrcode), "" if that is no address.
func (a *Account) makeQR(ctx context.Context, scene string, temporary time.Duration) (imageURL, says string, err error) {
	if !sceneForm.MatchString(scene) || temporary < 0 || temporary > maxQRLife || (temporary > 0 && temporary < time.Second) {
		return "", "", rejected("a QR code needs a scene of 1 to %d letters and a life of at most %s", maxScene, maxQRLife)
	}
	q := basic.NewLimitQrRequest(scene)
	if temporary > 0 {
		q = basic.NewTmpQrRequest(temporary, scene)
	}
	ticket, err := a.api.qr(ctx, q)
	if err != nil {
		return "", "", a.sendError(err)
	}
	if ticket.Ticket == "" {
		return "", "", &chat.SendError{Fault: chat.Unknown, Err: errors.New("qrcode/create: the answer holds no ticket")}
	}
	if u, err := url.Parse(ticket.URL); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && len(ticket.URL) <= maxQRText {
		says = ticket.URL
	}
	return qrImageURL + url.QueryEscape(ticket.Ticket), says, nil
}
