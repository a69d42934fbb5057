package generate

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRollStyles(t *testing.T) {
	rows := [][]string{{"Id", "Name", "Reg"}, {"A1", "Léa, Zoë", `3 "Ash"`}, {"A2", "O’Sheary; Finn", ""}}
	for _, s := range styles {
		data, err := s.encode(rows)
		if err != nil {
			t.Fatal(err)
		}
		got, again := decodeRoll(data)
		if diff := cmp.Diff(rows, got); diff != "" {
			t.Errorf("%+v: %s", s, diff)
		}
		if again != s {
			t.Errorf("%+v was read as %+v", s, again)
		}
	}
	if _, err := (rollStyle{comma: ',', ansi: true}).encode([][]string{{"Name"}, {"葵"}}); err == nil {
		t.Error("a name that Windows-1252 does not have gave no error")
	}
	if got, _ := decodeRoll([]byte("a,b\n\"c\" d,\"e\"")); len(got) > 2 {
		t.Errorf("got %q", got)
	}
}
