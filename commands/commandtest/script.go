// Package commandtest replays transcripts: *.chat files that read like a
// conversation, run against the real engine, SQLite, texts and outbox inside a
// synctest bubble. They are golden files: `go test -update` rewrites the
// bot's lines.
//
// A transcript consists of these lines:
//
//	# a comment
//	= language en            set before the first message: language, zone,
//	= zone America/New_York  start, admin, operator, whispers off, edit off
//	                         (also hears, joins, choices, delete, push, files,
//	                         adminlist, requests)
//	= surface wecom          a group of WeCom, or: account, a WeChat account
//	= start 2026-11-22 08:02 local time in zone
//	= admin 管理员            who administers the default group
//	= admin@读书会 会长       … and another one
//	= anonymous 匿名          who posts in the name of the group
//	= confirm 企微/会员群     groups where a person confirms every message
//	= pushonly 企微/公告群   groups that are a webhook: nothing is heard of them;
//	                         "! back 企微/公告群" is how one becomes known
//	= members 128            what the platform tells of the groups: heads,
//	= missing delete pin     and rights the bot lacks
//	= platforms on           several platforms: the first is Telegram then, beside
//	                         it WeCom, which can neither whisper nor edit, and a
//	                         WeChat account
//	= username 小满 xiaoman   a member's username; "= called 小王2 小王" a name
//	阿宁: /checkin            a member speaks in the default group
//	阿宁@读书会: 签到         … in another group
//	阿宁@私聊: /me            … to the bot alone (also @private)
//	李雷@企微/技术群: 签到    … on another platform (also @wecom/private, @微信/私聊)
//	阿宁: /bind {code}         … with the newest code that the bot showed
//	阿宁 -> 小满: /points +5 好  … in reply to 小满's last message
//	阿宁: /points @{小满} +5 好  … with a mention by id, not only by name
//	阿宁: [图] /announce 好看  … with a picture
//	阿宁: [文件 a;b] /draw codes 1  … with a file of two lines
//	阿宁 [为什么]             presses the newest button of that label he can see
//	< 仅阿宁可见: …           the bot's lines (generated)
//	@ 24h                    time passes; "@ 11-23 04:00" until then
//	! restart | down | up | duplicate 阿宁 | join 小王 | leave 小王
//	! stop | start            the program is not running in between
//	! clock -30m              the machine's clock is found behind after a restart
//	! late 2h                 the next line was said so long before it is told
//	! asks 小王 by K7Q2       wants to be let in by a link; "! withdraws 小王"
//	! missing invite         rights the bot lacks from now on; "! missing" is none
//	! admins 小满              who administers the default group from now on
//	! removed 读书会          the bot is thrown out there; "! back 读书会"
//	! fail 读书会 rejected    what is sent there fails so; "! fail 读书会 not"
//	! tap 企微/会员群         a person confirms what waits there; "! expire …"
//	! ballot 阿宁 0,2         votes in the newest poll of the network's own form
//	                         ("= polls on"); without options takes it back.
//	                         "! ballot 阿宁 0 lost": in one whose sending was forgotten
//	! moved 产品群2          the group is a supergroup of that id from now on
//	! crowd 30 /checkin       so many members say it in one batch
package commandtest

import (
	"fmt"
	"regexp"
	"strings"
)

// step is one line of a transcript that does something.
type step struct {
	line  int
	raw   string
	kind  byte // ':' speak, '[' press, '@' time, '!' fault, '=' setting
	who   string
	chat  string
	quote string
	text  string
}

var (
	speak = regexp.MustCompile(`^([^\s@<>:\[]+)(?:@(\S+))?(?: -> (\S+))?: ?(.*)$`)
	press = regexp.MustCompile(`^([^\s@<>:\[]+)(?:@(\S+))? \[(.+)\]$`)
)

// parseScript reads a transcript; the bot's lines are dropped.
func parseScript(text string) ([]step, error) {
	var out []step
	for i, raw := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		s := step{line: i + 1, raw: raw}
		switch {
		case strings.HasPrefix(raw, "<"):
			continue
		case strings.TrimSpace(raw) == "" || strings.HasPrefix(raw, "#"):
			s.kind = '#'
		case strings.HasPrefix(raw, "@ "), strings.HasPrefix(raw, "! "), strings.HasPrefix(raw, "= "):
			s.kind, s.text = raw[0], strings.TrimSpace(raw[2:])
		case press.MatchString(raw):
			m := press.FindStringSubmatch(raw)
			s.kind, s.who, s.chat, s.text = '[', m[1], m[2], m[3]
		case speak.MatchString(raw):
			m := speak.FindStringSubmatch(raw)
			s.kind, s.who, s.chat, s.quote, s.text = ':', m[1], m[2], m[3], strings.ReplaceAll(m[4], `\n`, "\n")
		default:
			return nil, fmt.Errorf("line %d is no line of a transcript: %q", i+1, raw)
		}
		out = append(out, s)
	}
	return out, nil
}
