package doctor

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"esafetybot/internal/store"
	"esafetybot/internal/store/stores"
)

// forgotten is what follows from a state that cannot be used.
const forgotten = "nothing could be remembered from one day to the next"

// stores looks whether the state and the other places can be opened and read; a file that is not there yet is not made.
func (x *examination) stores(ctx context.Context) {
	x.State.Key, x.State.What, x.State.Flag, x.State.Without = "state", "The state", "--state", forgotten
	x.place(ctx, x.State)
	for _, p := range x.Stores {
		switch {
		case p.URI == "" && p.Later == "":
		case p.URI == "":
			x.unknown(p.Key, p.Later, p.Next)
		case p.URI == x.State.URI && p.URI != "memory:":
			x.fails(p.Key, p.What+" "+p.URI+" is the same place as the state", p.Without, "name a place of its own with "+p.Flag+", or leave the flag out")
		default:
			x.place(ctx, p)
		}
	}
}

// place looks at one of them.
func (x *examination) place(ctx context.Context, p Place) {
	kind, path, _ := strings.Cut(p.URI, ":")
	if err := stores.Check(p.URI); err != nil {
		x.fails(p.Key, upper(err.Error()), p.Without, "correct "+p.Flag)
		return
	}
	if kind == "memory" {
		x.unknown(p.Key, p.What+" is kept in memory and gone when the program ends: "+p.Without, "use "+p.Flag+" bolt:PATH, but for trying out")
		return
	}
	if kind == "bolt" {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			if err := writable(filepath.Dir(path)); err != nil {
				x.fails(p.Key, p.What+" should be in the file "+path+", which cannot be made: "+plain(err), p.Without, "make the folder and let this user write there, or name another place with "+p.Flag+" bolt:PATH")
				return
			}
			x.works(p.Key, p.What+", the file "+path+", is not there yet; the first run makes it")
			return
		}
	}
	err := p.look(ctx)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		next := "look who may use the database: the deployment gives the worker what it needs (terraform apply), and correct " + p.Flag + " if it names another"
		if kind == "bolt" {
			next = "stop the program that holds it, or correct " + p.Flag
		}
		x.fails(p.Key, p.What+" "+p.URI+" cannot be opened: "+err.Error(), p.Without, next)
		return
	}
	x.works(p.Key, p.What+" "+p.URI+" can be opened and read")
	if kind == "firestore" {
		// Whoever may read may not always write, and nothing but writing shows it.
		x.unknown(p.Key+"/rights", "Whether this program may also "+may(p.Rights)+" in "+p.URI+" was not tried, because doctor only reads", "see that the first run ends without an error")
	}
}

// look opens the place, reads one document with no more than the right to, and closes it again.
func (p Place) look(ctx context.Context) error {
	s, err := p.Open(ctx)
	if err != nil {
		return err
	}
	if p.Holds != nil {
		for _, err = range store.Limit(s, store.Rights{Read: true}).Find(ctx, p.Holds, store.Ask{Limit: 1}) {
			break
		}
	}
	return errors.Join(err, s.Close())
}

// may lists what a right permits besides reading.
func may(r store.Rights) string {
	var out []string
	for _, one := range []struct {
		may  bool
		what string
	}{{r.Create, "create"}, {r.Change, "change"}, {r.Delete, "delete"}} {
		if one.may {
			out = append(out, one.what)
		}
	}
	if n := len(out); n > 1 {
		return strings.Join(out[:n-1], ", ") + " and " + out[n-1]
	}
	return strings.Join(out, "")
}

// writable tries to write in a folder, and takes what it wrote away again.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// plain is an error of the file system without the name of the file that was tried.
func plain(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}
