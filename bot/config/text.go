package config

// The codes of problems: the names of their texts in config.html.
const (
	codeFileMissing         = "file_missing"
	codeFileUnreadable      = "file_unreadable"
	codeFileDirectory       = "file_directory"
	codeFileTooLarge        = "file_too_large"
	codeFileNoFolder        = "file_no_folder"
	codeFileIsFolder        = "file_is_folder"
	codeFileNotFolder       = "file_not_folder"
	codeFileBadTexts        = "file_bad_texts"
	codeNotUTF8             = "not_utf8"
	codeControlChar         = "control_char"
	codeYAMLSyntax          = "yaml_syntax"
	codeYAMLQuote           = "yaml_quote"
	codeYAMLBracket         = "yaml_bracket"
	codeYAMLStartChar       = "yaml_start_char"
	codeYAMLEscape          = "yaml_escape"
	codeYAMLFlowVariable    = "yaml_flow_variable"
	codeTabIndent           = "tab_indent"
	codeWideSpace           = "wide_space"
	codeWideColon           = "wide_colon"
	codeColonSpace          = "colon_space"
	codeSeveralDocuments    = "several_documents"
	codeAlias               = "alias"
	codeTag                 = "tag"
	codeDuplicateKey        = "duplicate_key"
	codeUnknownKeyNear      = "unknown_key_near"
	codeMisplacedKey        = "misplaced_key"
	codeUnknownKey          = "unknown_key"
	codeOddKey              = "odd_key"
	codeWantText            = "want_text"
	codeWantNumber          = "want_number"
	codeWantBool            = "want_bool"
	codeWantList            = "want_list"
	codeWantGroup           = "want_group"
	codeVariableUnset       = "variable_unset"
	codeVariableUnsetHidden = "variable_unset_hidden"
	codeVariableSyntax      = "variable_syntax"
	codeRequired            = "required"
	codeRequiredFor         = "required_for"
	codeBadChoice           = "bad_choice"
	codeBadTimezone         = "bad_timezone"
	codeBadTimeOfDay        = "bad_time_of_day"
	codeTooSmall            = "too_small"
	codeCronFields          = "cron_fields"
	codeCronField           = "cron_field"
	codeCronZone            = "cron_zone"
	codeCronAt              = "cron_at"
	codeCronNever           = "cron_never"
	codeBadAdmin            = "bad_admin"
	codeBadAdminTelegram    = "bad_admin_telegram"
	codeBadName             = "bad_name"
	codeDuplicateName       = "duplicate_name"
	codeSameAccount         = "same_account"
	codeNoToken             = "no_token"
	codeBadToken            = "bad_token"
	codeBadWebhookSecret    = "bad_webhook_secret" //nolint:gosec // the name of a text
	codeBadWebhookKey       = "bad_webhook_key"
	codeBadChatID           = "bad_chat_id"
	codeSameChat            = "same_chat"
	codeChatNeedsAIBot      = "chat_needs_aibot"
	codeBadAESKey           = "bad_aes_key"
	codeSecretBlank         = "secret_blank"
	codeBadHTTPURL          = "bad_http_url"
	codeBadWSURL            = "bad_ws_url"
	codeBadPublicURL        = "bad_public_url"
	codeBadBeaconURL        = "bad_beacon_url"
	codeNeedsPublicURL      = "needs_public_url"
	codeBadListen           = "bad_listen"
	codeSameListen          = "same_listen"
	codeBadHex              = "bad_hex"
	codeBeaconPair          = "beacon_pair"
)

// Codes returns every Problem.Code there is. Each has a text of that name in
// templates/<language>/config.html, so the templates know it as "config."+code.
func Codes() []string {
	all := english()
	codes := make([]string, len(all))
	for i, t := range all {
		codes[i] = t.code
	}
	return codes
}

// englishText returns the text of a code with its placeholders.
func englishText(code string) string {
	for _, t := range english() {
		if t.code == code {
			return t.text
		}
	}
	return code
}

type codeText struct{ code, text string }

// english holds what Problem.Error says: what is wrong, then a correct example.
// Placeholders are written as in templates/en/config.html, which says the same.
func english() []codeText {
	return []codeText{
		{codeFileMissing, `There is no file {{.Args.file}}. Copy config.example.yaml to {{.Args.file}}, or start without -config to try the sandbox.`},
		{codeFileUnreadable, `The file {{.Args.file}} cannot be read. Give the user that runs qunmate the right to read it, for example: chmod u+r {{.Args.file}}`},
		{codeFileDirectory, `{{.Args.file}} is a folder. Name the file inside it, for example: -config {{.Args.file}}/config.yaml`},
		{codeFileTooLarge, `The file is larger than {{.Args.max}} KiB; a configuration has a few KiB. Name the right file, for example: -config config.yaml`},
		{codeFileNoFolder, `There is no folder "{{.Args.value}}". Create it, or leave the key empty for the built-in texts: {{.Args.example}}`},
		{codeFileIsFolder, `"{{.Args.value}}" is a folder. Name a file in it, for example: {{.Args.example}}`},
		{codeFileNotFolder, `"{{.Args.value}}" is a file. Name a folder, for example: {{.Args.example}}`},
		{codeFileBadTexts, `A text of the folder cannot be used: {{.Args.error}}. Mend that file, or take it out of the folder.`},
		{codeNotUTF8, `This line is not UTF-8 text. Save the file again with the encoding UTF-8 (in Notepad: Save as, Encoding: UTF-8).`},
		{codeControlChar, `There is an invisible control character here. Delete this line and type it again, for example: language: zh-CN`},
		{codeYAMLSyntax, `This line, or the one above it, is not valid YAML. Write a key, a colon, a space and a value, and indent with two spaces; put text with special characters in double quotes. Example: mention: "helper"`},
		{codeYAMLQuote, `A quotation mark is opened here and never closed. Put one at both ends, for example: mention: "helper"`},
		{codeYAMLBracket, `A bracket is opened here or above and never closed, or a comma is missing. Example: urls: [https://api.drand.sh, https://drand.cloudflare.com]`},
		{codeYAMLStartChar, "A value cannot begin with @, %, a backquote or a tab. Put it in double quotes, for example: mention: \"@helper\""},
		{codeYAMLEscape, `Inside double quotes a backslash has a meaning of its own. Use single quotes, for example: folder: 'D:\backups'`},
		{codeYAMLFlowVariable, `Inside { } or [ ] a variable needs double quotes. Example: {name: news, key: "${WECOM_WEBHOOK_KEY}"}`},
		{codeTabIndent, `This line is indented with a tab. Use spaces, two for each level.`},
		{codeWideSpace, `This line begins with a wide (full-width or non-breaking) space. Use ordinary spaces, two for each level.`},
		{codeWideColon, `The colon after {{.Args.key}} is a full-width one. Write an ordinary colon and a space: "{{.Args.key}}: ", then the value.`},
		{codeColonSpace, `There is no space after the colon of {{.Args.key}}. Write "{{.Args.key}}: ", then the value.`},
		{codeSeveralDocuments, `A second document begins here. Delete the line --- and what does not belong; a file holds one configuration.`},
		{codeAlias, `Anchors (&), references (*) and merges (<<) are not supported. Write the value out; a text that begins with & or * goes in double quotes, for example: secret: "*abc"`},
		{codeTag, `Types (!) are not supported. A text that begins with ! goes in double quotes, for example: secret: "!abc"`},
		{codeDuplicateKey, `{{.Args.key}} is already set in line {{.Args.first}}. Keep one of the two.`},
		{codeUnknownKeyNear, `There is no key {{.Args.key}} here. Did you mean {{.Args.near}}?`},
		{codeMisplacedKey, `The key {{.Args.key}} does not belong here. It belongs in {{.Args.place}}, see config.example.yaml.`},
		{codeUnknownKey, `There is no key {{.Args.key}} here. The keys are: {{.Args.allowed}}.`},
		{codeOddKey, `This is not a key. The keys here are: {{.Args.allowed}}. Write a key, a colon, a space and its value, for example: language: zh-CN`},
		{codeWantText, `Here belongs a text; put it in double quotes if it looks like something else. Example: {{.Args.example}}`},
		{codeWantNumber, `Here belongs a whole number. Example: {{.Args.example}}`},
		{codeWantBool, `Here belongs true or false. Example: {{.Args.example}}`},
		{codeWantList, `Here belongs a list: each entry in a line of its own that begins with "- ", or all in [ ]. Example: {{.Args.example}}`},
		{codeWantGroup, `Here belong keys, each in an indented line of its own, or all in { }. Example: {{.Args.example}}`},
		{codeVariableUnset, `The environment variable {{.Args.name}} is not set. Set it before the start, for example: export {{.Args.name}}=...`},
		{codeVariableUnsetHidden, `The environment variable named here is not set. Set it before the start; if this is the value itself, write it without ${ }. Example: token: ${TELEGRAM_BOT_TOKEN}`},
		{codeVariableSyntax, `After ${ belongs the name of an environment variable (letters, digits, _) and }. Example: ${TELEGRAM_BOT_TOKEN}. A value that itself contains ${ can be put into a variable.`},
		{codeRequired, `This value is needed. Example: {{.Args.example}}`},
		{codeRequiredFor, `This value is needed because of {{.Args.because}}. Example: {{.Args.example}}`},
		{codeBadChoice, `"{{.Args.value}}" is not one of: {{.Args.allowed}}. Example: {{.Args.example}}`},
		{codeBadTimezone, `"{{.Args.value}}" is not a time zone (IANA name: area/city). Example: timezone: {{.Args.near}}`},
		{codeBadTimeOfDay, `"{{.Args.value}}" is not a time of day from 00:00 to 23:59, two digits each. Example: day_starts_at: "{{.Args.example}}"`},
		{codeTooSmall, `"{{.Args.value}}" is too small, at least 1 is needed. Example: {{.Args.example}}`},
		{codeCronFields, `Five fields are needed: minute, hour, day, month, weekday; there are {{.Args.count}}. Example for every day at 04:15: cron: "15 4 * * *"`},
		{codeCronField, `Field {{.Args.field}}, "{{.Args.value}}", is not possible. The fields are: minute 0-59, hour 0-23, day 1-31, month 1-12, weekday 0-6 (0 is Sunday). Example for every day at 04:15: cron: "15 4 * * *"`},
		{codeCronZone, `A time zone cannot stand here; the key timezone holds. Example for every day at 04:15: cron: "15 4 * * *"`},
		{codeCronAt, `Words with @ are not supported, only five fields. Example for every day at 04:15: cron: "15 4 * * *"`},
		{codeCronNever, `There is no such day, so this would never run. Example for every day at 04:15: cron: "15 4 * * *"`},
		{codeBadAdmin, `An admin is written as platform:id, the platform being telegram, wecom, wechat:<app_id> or sandbox. Example: admins: ["telegram:123456", "wecom:zhangsan"]`},
		{codeBadAdminTelegram, `A Telegram admin is written with the number of the account, not with a name. Example: admins: ["telegram:123456"]`},
		{codeBadName, `"{{.Args.value}}" cannot be a name: 1 to 32 characters of a-z, 0-9, - and _. Example: {{.Args.example}}`},
		{codeDuplicateName, `The name "{{.Args.value}}" is already taken by {{.Args.first}}. Give each a name of its own, for example: name: second`},
		{codeSameAccount, `This is the same account as {{.Args.first}}; the two would get in each other's way. Delete one of the two entries.`},
		{codeNoToken, `The bot's token is needed. @BotFather in Telegram gives it. Example: token: ${TELEGRAM_BOT_TOKEN}`},
		{codeBadToken, `This is not a Telegram bot token: digits, a colon, then letters and digits. Copy it again from @BotFather; it looks like 123456789:AAExample_Example-Example`},
		{codeBadWebhookSecret, `1 to 256 characters of A-Z, a-z, 0-9, _ and - are possible. Leave it empty to have one generated: webhook_secret: ""`},
		{codeBadChatID, `This is no id of a group. It begins with wr, without wecom: in front, as "qunmate check -online" shows it: {{.Args.example}}`},
		{codeSameChat, `{{.Args.first}} names this group already; one webhook is enough for it. Delete chat in one of the two entries.`},
		{codeChatNeedsAIBot, `This webhook stands in for an aibot, and there is none. Add one in wecom.aibots, or delete chat.`},
		{codeBadWebhookKey, `Only the part after key= of the webhook's address belongs here. It looks like 693a91f6-7b2c-4bc4-97a0-0ec2sifa5aaa`},
		{codeBadAESKey, `An EncodingAESKey has 43 letters and digits; there are {{.Args.count}} characters, or ones that are not possible. Copy it again from the platform's page, without the = at its end.`},
		{codeSecretBlank, `There is a space or a line break in this value. Copy it again without it. Example: {{.Args.example}}`},
		{codeBadHTTPURL, `A complete address that begins with https:// or http:// belongs here, without user, password, ? or #. Example: {{.Args.example}}`},
		{codeBadWSURL, `A complete address that begins with wss:// or ws:// belongs here, without user, password, ? or #. Example: {{.Args.example}}`},
		{codeBadPublicURL, `A complete address that begins with https:// belongs here; the platforms call nothing else. Example: {{.Args.example}}`},
		{codeBadBeaconURL, `A complete address that begins with https:// belongs here (http:// only on this machine). Example: urls: ["https://api.drand.sh"]`},
		{codeNeedsPublicURL, `The mode {{.Args.mode}} needs the address the platform reaches us at. Add it under http, for example: public_url: "https://bot.example.com". Or write: mode: {{.Args.other}}`},
		{codeBadListen, `An address to listen on is host:port with a port from 0 to 65535. Example: {{.Args.example}}`},
		{codeSameListen, `listen and public_listen are the same. Give each its own port, for example: public_listen: "0.0.0.0:8443", or leave public_listen empty.`},
		{codeBadHex, `Exactly {{.Args.count}} digits 0-9 and a-f belong here. Delete the line to use the public drand network.`},
		{codeBeaconPair, `chain and public_key belong together: this is another network than the other of the two. Set both, or delete both to use the public drand network.`},
	}
}
