package server

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/mail"
	"strings"
)

// comesBack puts a report into the sender's inbox for each recipient of a sent message who cannot be reached: an address of the school's domains that nobody has, an account that is switched off or archived, or one
// without Gmail. Addresses elsewhere are taken to work. The reports are laid out as Gmail lays them out.
func (c *call) comesBack(sender string, raw string) {
	data, err := decodeRaw(raw)
	if err != nil {
		return
	}
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return
	}
	var lost []string
	why := map[string][2]string{}
	c.s.world.View(func() {
		for _, name := range []string{"To", "Cc", "Bcc"} {
			list, err := m.Header.AddressList(name)
			if err != nil {
				continue
			}
			for _, a := range list {
				address := strings.ToLower(a.Address)
				if status, says := c.s.unreachable(address); status != "" && why[address][0] == "" {
					lost = append(lost, address)
					why[address] = [2]string{status, says}
				}
			}
		}
	})
	for i, address := range lost {
		report := bounceReport(sender, address, why[address], fmt.Sprintf("%d.%d", c.s.world.Now().UnixNano(), i), m.Header.Get("Message-Id"), c.s.world.Now().Format("Mon, 02 Jan 2006 15:04:05 -0700"), data)
		c.s.world.ReceiveMail(sender, base64.URLEncoding.EncodeToString(report))
	}
}

// unreachable says with what status (RFC 3463) and words a mail to an address is refused; "" if it is taken.
func (s *Server) unreachable(address string) (status, says string) {
	local, domain, _ := strings.Cut(address, "@")
	u := s.world.User(address)
	for _, d := range s.world.Domains() {
		for _, a := range d.DomainAliases {
			if u == nil && strings.EqualFold(a.DomainAliasName, domain) { // everybody has their address there too
				u = s.world.User(local + "@" + d.DomainName)
			}
		}
	}
	switch {
	case !s.world.Ours(domain) || s.world.Group(address) != nil:
		return "", ""
	case u == nil:
		return "5.1.1", "The email account that you tried to reach does not exist. Please try double-checking the recipient's email address for typos or unnecessary spaces."
	case u.Suspended || u.Archived:
		return "5.2.1", "The email account that you tried to reach is inactive."
	case !s.serviceOn(u, "gmail"):
		return "5.2.1", "The email account that you tried to reach is disabled."
	}
	return "", ""
}

func bounceReport(sender, address string, why [2]string, id, original, date string, sent []byte) []byte {
	head, _, _ := bytes.Cut(bytes.ReplaceAll(sent, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	text := fmt.Sprintf(`Delivered-To: %[1]s
Return-Path: <>
Authentication-Results: mx.google.com;
       dkim=pass header.i=@googlemail.com header.s=20230601 header.b=Sim;
       dmarc=pass (p=QUARANTINE sp=QUARANTINE dis=NONE) header.from=googlemail.com
MIME-Version: 1.0
Content-Type: multipart/report; boundary="%[4]s"; report-type=delivery-status
To: %[1]s
Auto-Submitted: auto-replied
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
Subject: Delivery Status Notification (Failure)
References: %[6]s
In-Reply-To: %[6]s
X-Failed-Recipients: %[2]s
Message-ID: <%[5]s.mr@mx.google.com>
Date: %[7]s

--%[4]s
Content-Type: text/plain; charset="UTF-8"

** Message not delivered **

Your message wasn't delivered to %[2]s.

--%[4]s
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Received-From-MTA: dns; %[1]s
Arrival-Date: %[7]s
X-Original-Message-ID: %[6]s

Final-Recipient: rfc822; %[2]s
Action: failed
Status: %[3]s
Diagnostic-Code: smtp; 550-%[3]s %[8]s
Last-Attempt-Date: %[7]s

--%[4]s
Content-Type: message/rfc822

%[9]s

--%[4]s--
`, sender, address, why[0], "sim"+id, id, original, date, why[1], head)
	return []byte(strings.ReplaceAll(text, "\n", "\r\n"))
}
