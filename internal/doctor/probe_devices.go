package doctor

import (
	"context"
	"os"
	"path/filepath"

	"esafetybot/internal/rolls"
	"esafetybot/internal/settings"
)

func (p *prober) devices(ctx context.Context) {
	encryption, passcode, boot := tally{}, tally{}, tally{}
	mobiles, books, dated := 0, 0, 0
	good := true
	for d, err := range p.Client.Mobiles(ctx) {
		if good = p.could(err, "61, 62", "mobile devices"); !good {
			break
		}
		mobiles++
		encryption.add(d.Encryption)
		passcode.add(d.Passcode)
	}
	if good {
		p.say("61, 62", "mobile devices", "%d; encryptionStatus: %s; devicePasswordStatus: %s", mobiles, encryption, passcode)
	}
	for d, err := range p.Client.Chromebooks(ctx) {
		if !p.could(err, "63, 64", "Chromebooks") {
			return
		}
		books++
		boot.add(d.Boot)
		if !d.Until.IsZero() {
			dated++
		}
	}
	p.say("63, 64", "Chromebooks", "%d; of %d it is told when updates end; bootMode: %s", books, dated, boot)
}

func (p *prober) policies(ctx context.Context) {
	types := map[string]int{}
	all, odd, byGroup, byLicense, gmail := 0, 0, 0, 0, 0
	for s, err := range p.Client.Settings(ctx, nil) {
		if !p.could(err, "65", "settings") {
			return
		}
		all++
		types[s.Type]++
		if s.Odd {
			odd++
		}
		if s.Group != "" {
			byGroup++
		}
		if len(s.Licenses)+len(s.NotLicenses) > 0 {
			byLicense++
		}
		if s.Type == settings.GmailService {
			gmail++
		}
	}
	var unset []string
	for _, t := range settings.Types() {
		if types[t] == 0 {
			unset = append(unset, t)
		}
	}
	p.say("65, 68", "settings", "%d policies of %d types; %d for groups, %d for licences, %d whose query is not understood", all, len(types), byGroup, byLicense, odd)
	p.say("69", "whether Gmail is on", "%d policies say it", gmail)
	p.say("70", "settings that nobody ever set, of those we know", "%d of %d%s", len(unset), len(settings.Types()), list(": ", unset))
	p.say("71", "types that we are not sure of", "api_controls.unconfigured_third_party_apps %d, directory.external_directory_sharing %d", types["api_controls.unconfigured_third_party_apps"], types["directory.external_directory_sharing"])
}

// rolls counts what cannot be read in them. They are the school's own files: nothing but numbers is told of them.
func (p *prober) rolls(ctx context.Context) {
	all, drives, good, people, odd := 0, 0, 0, 0, 0
	for _, r := range namedRolls(p.Policy) {
		all++
		var data []byte
		var err error
		if r.roll.Drive != "" {
			drives++
			data, err = p.Client.Download(ctx, r.roll.Drive, maxRoll)
		} else {
			data, err = os.ReadFile(filepath.Join(filepath.Dir(p.Policy.Path), filepath.FromSlash(r.roll.CSV)))
		}
		if err != nil {
			continue
		}
		roll, err := rolls.Parse(r.which, data, r.roll.Columns)
		if err != nil {
			continue
		}
		good++
		people += len(roll.Rows)
		odd += len(roll.Odd)
	}
	p.say("75, 77", "rolls", "%d of %d can be read, %d are on Drive; of %d people %d dates, years or answers are not understood", good, all, drives, people, odd)
}
