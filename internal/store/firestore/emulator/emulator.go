// Package emulator runs Google's Firestore emulator for tests, one per test binary.
//
// The emulator is a Java program of the Google Cloud CLI (component cloud-firestore-emulator). Where it or Java is missing
// Host skips the test and says how to get it, or fails it if ESAFETYBOT_REQUIRE_ALL is 1. If FIRESTORE_EMULATOR_HOST is set, that
// one is used and not stopped. A package that uses it has
//
//	func TestMain(m *testing.M) { os.Exit(emulator.Run(m)) }
//
// It has no composite-index enforcement and no expiry of documents, and is slow when many write one document.
package emulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	mainClass = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
	patience  = 40 * time.Second // for it to start on a busy machine
)

// one is the emulator of this test binary.
type one struct {
	once sync.Once
	host string
	err  error
	stop func()
}

var shared one // a test binary is one process, and the tests in it share the emulator

// Run runs the tests and then stops the emulator, if any of them started it.
func Run(m *testing.M) int {
	code := m.Run()
	if shared.stop != nil {
		shared.stop()
	}
	return code
}

// Host is the address of the emulator, host:port, which is started by the first call.
func Host(t testing.TB) string {
	t.Helper()
	shared.once.Do(shared.start)
	if shared.err == nil {
		return shared.host
	}
	var missing *missingError
	if errors.As(shared.err, &missing) && os.Getenv("ESAFETYBOT_REQUIRE_ALL") != "1" {
		t.Skipf("not run on Firestore: %v", shared.err)
	}
	t.Fatalf("Firestore emulator: %v", shared.err)
	return ""
}

// missingError is the want of a program, which is no fault of the tests.
type missingError struct{ what string }

func (e *missingError) Error() string {
	return e.what + "; to get it: install Java 11 or newer and the Google Cloud CLI, then `gcloud components install cloud-firestore-emulator`" +
		" (Debian: apt-get install default-jre-headless google-cloud-cli-firestore-emulator)"
}

func (o *one) start() {
	if o.host = os.Getenv("FIRESTORE_EMULATOR_HOST"); o.host != "" {
		o.err = ready(o.host, func() error { return nil })
		return
	}
	java, err := exec.LookPath("java")
	if err != nil {
		o.err = &missingError{"there is no java"}
		return
	}
	jar, err := findJar()
	if err != nil {
		o.err = err
		return
	}
	for range 3 { // another process may take the port between our look and Java's
		if o.host, o.stop, o.err = launch(java, jar); o.err == nil {
			return
		}
	}
}

// findJar looks below the Google Cloud CLI's root.
func findJar() (string, error) {
	gcloud, err := exec.LookPath("gcloud")
	if err != nil {
		return "", &missingError{"there is no gcloud"}
	}
	var roots []string
	if real, err := filepath.EvalSymlinks(gcloud); err == nil {
		roots = append(roots, filepath.Dir(filepath.Dir(real))) // ROOT/bin/gcloud; saves the second that gcloud takes
	}
	jar := func(root string) string {
		return filepath.Join(root, "platform", "cloud-firestore-emulator", "cloud-firestore-emulator.jar")
	}
	for _, r := range roots {
		if _, err := os.Stat(jar(r)); err == nil {
			return jar(r), nil
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, gcloud, "info", "--format=value(installation.sdk_root)").Output()
	if err != nil {
		return "", fmt.Errorf("gcloud info: %w", err)
	}
	path := jar(strings.TrimSpace(string(out)))
	if _, err := os.Stat(path); err != nil {
		return "", &missingError{"there is no " + path}
	}
	return path, nil
}

func launch(java, jar string) (host string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	host = l.Addr().String()
	_, port, _ := net.SplitHostPort(host) // an address of our own making
	if err := l.Close(); err != nil {
		return "", nil, err
	}
	// Java directly: the CLI's wrapper leaves it behind when it is told to stop.
	cmd := exec.Command(java, "-Duser.language=en", "-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", jar, mainClass,
		"--host=127.0.0.1", "--port="+port)
	cmd.SysProcAttr = dieWithParent()
	var output tail
	cmd.Stdout, cmd.Stderr = &output, &output
	started, ended := make(chan error, 1), make(chan struct{})
	go func() {
		runtime.LockOSThread() // the kernel's "parent" is a thread: see dieWithParent
		defer runtime.UnlockOSThread()
		defer close(ended)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // it is killed in the end, so always an error
		}
	}()
	if err := <-started; err != nil {
		return "", nil, fmt.Errorf("starting the emulator: %w", err)
	}
	stop = func() {
		_ = cmd.Process.Kill() // it holds nothing worth keeping; an error means that it has gone already
		<-ended
	}
	err = ready(host, func() error {
		select {
		case <-ended:
			return errors.New("it ended at once")
		default:
			return nil
		}
	})
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("%w; its last words: %s", err, output.text())
	}
	return host, stop, nil
}

// ready waits until the emulator answers.
func ready(host string, alive func() error) error {
	client := http.Client{Timeout: 2 * time.Second}
	defer client.CloseIdleConnections()
	end := time.Now().Add(patience)
	for {
		resp, err := client.Get("http://" + host + "/")
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			err = errors.Join(err, resp.Body.Close())
			if err == nil && resp.StatusCode == http.StatusOK {
				return nil
			}
			err = errors.Join(err, errors.New(resp.Status))
		}
		if gone := alive(); gone != nil {
			return gone
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s does not answer after %s: %w", host, patience, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// tail keeps the last of what is written.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

func (o *tail) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buf = append(o.buf, p...)
	if over := len(o.buf) - 2000; over > 0 {
		o.buf = o.buf[over:]
	}
	return len(p), nil
}

func (o *tail) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.buf)
}
