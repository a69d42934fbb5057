package reports

import (
	"os"
	"testing"
)

func TestShow(t *testing.T) {
	dir := os.Getenv("SHOW")
	if dir == "" {
		t.Skip()
	}
	r := render(t, wide())
	_ = os.WriteFile(dir+"/wide.html", []byte(r.HTML), 0o644)
	_ = os.WriteFile(dir+"/wide.txt", []byte(r.Subject+"\n\n"+r.Text), 0o644)
	_ = os.WriteFile(dir+"/wide.csv", r.Matters, 0o644)
	u, err := Urgent(UrgentInput{School: "Example Primary", Reader: "Pat", Now: now, Matters: []Matter{someMatters()[0], someMatters()[1], someMatters()[10]}, Mask: NewMask(pupils)})
	if err != nil {
		t.Fatal(err)
	}
	_ = os.WriteFile(dir+"/urgent.html", []byte(u.HTML), 0o644)
	_ = os.WriteFile(dir+"/urgent.txt", []byte(u.Subject+"\n\n"+u.Text), 0o644)
}
