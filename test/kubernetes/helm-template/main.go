// Does what `helm template` does, for a chart without dependencies and hooks: values are merged, the
// templates are executed by Go's engine with sprig and Helm's own functions, and the manifests are
// printed. A value that a template prints and nobody has given is an error here; Helm leaves it empty.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go build -o helm-template main.go
//	echo '[{"release":"a","namespace":"default","values":{}}]' | helm-template chart/
//
// Reads a list of installations and prints a list of their results, each with the output of every
// template or an error, so that one process renders them all.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"sigs.k8s.io/yaml"
)

type values = map[string]interface{}

type installation struct {
	Release   string `json:"release"`
	Namespace string `json:"namespace"`
	Values    values `json:"values"`
}

type result struct {
	// By the path of the template within the chart.
	Manifests map[string]string `json:"manifests,omitempty"`
	Error     string            `json:"error,omitempty"`
}

type chart struct {
	metadata  values
	values    values
	templates map[string]string
	files     files
}

// files is `.Files`: what lies in the chart beside its templates.
type files map[string]string

// Get gives "" for a file that is not there, as Helm does.
func (f files) Get(name string) string { return f[name] }

type apiVersions []string

// Has tells whether the cluster has an API version.
func (a apiVersions) Has(version string) bool {
	for _, each := range a {
		if each == version {
			return true
		}
	}
	return false
}

func main() {
	if len(os.Args) != 2 {
		fail(errors.New("usage: helm-template <chart> < installations.json"))
	}
	loaded, err := load(os.Args[1])
	if err != nil {
		fail(err)
	}
	var installations []installation
	if err := json.NewDecoder(os.Stdin).Decode(&installations); err != nil {
		fail(err)
	}
	results := make([]result, len(installations))
	for i, each := range installations {
		manifests, err := render(loaded, each)
		if err != nil {
			results[i].Error = err.Error()
		}
		results[i].Manifests = manifests
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func load(directory string) (*chart, error) {
	loaded := &chart{templates: map[string]string{}, files: files{}}
	err := filepath.Walk(directory, func(file string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		name, err := filepath.Rel(directory, file)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		switch name = filepath.ToSlash(name); {
		case name == "Chart.yaml":
			return yaml.Unmarshal(content, &loaded.metadata)
		case name == "values.yaml":
			return yaml.Unmarshal(content, &loaded.values)
		case strings.HasPrefix(name, "templates/"):
			loaded.templates[name] = string(content)
		default:
			loaded.files[name] = string(content)
		}
		return nil
	})
	if err == nil && (loaded.metadata == nil || loaded.values == nil) {
		err = fmt.Errorf("%s has no Chart.yaml or no values.yaml", directory)
	}
	return loaded, err
}

func render(from *chart, with installation) (map[string]string, error) {
	root := template.New("chart").Option("missingkey=zero")
	root.Funcs(functions(root))
	for name, text := range from.templates {
		if _, err := root.New(name).Parse(text); err != nil {
			return nil, err
		}
	}
	manifests := map[string]string{}
	for name := range from.templates {
		// Partials only define.
		if strings.HasPrefix(path.Base(name), "_") {
			continue
		}
		var out strings.Builder
		if err := root.ExecuteTemplate(&out, name, scope(from, with, name)); err != nil {
			return nil, err
		}
		if strings.Contains(out.String(), "<no value>") {
			return nil, fmt.Errorf("%s: a value that was not given", name)
		}
		manifests[name] = out.String()
	}
	return manifests, nil
}

// scope is what a template sees as the dot. Each gets its own: templates may write to it.
func scope(from *chart, with installation, name string) values {
	chartFields := values{"IsRoot": true}
	for key, value := range from.metadata {
		// Of Go's struct in Helm, where the fields are exported.
		chartFields[strings.ToUpper(key[:1])+key[1:]] = value
	}
	chartName, _ := from.metadata["name"].(string)
	return values{
		"Values": merged(from.values, with.Values),
		"Chart":  chartFields,
		"Release": values{
			"Name": with.Release, "Namespace": with.Namespace, "Service": "Helm",
			"IsInstall": true, "IsUpgrade": false, "Revision": 1,
		},
		"Capabilities": values{
			"KubeVersion": values{"Version": "v1.33.0", "Major": "1", "Minor": "33"},
			"APIVersions": apiVersions{"v1", "apps/v1", "autoscaling/v2", "policy/v1"},
		},
		"Template": values{"Name": path.Join(chartName, name), "BasePath": path.Join(chartName, "templates")},
		"Files":    from.files,
	}
}

// merged is a deep copy of the defaults with what was changed: maps are merged, anything else is
// replaced, and null takes a default away.
func merged(defaults, changes values) values {
	result := values{}
	for key, value := range defaults {
		if inner, isMap := value.(values); isMap {
			value = merged(inner, nil)
		}
		result[key] = value
	}
	for key, value := range changes {
		inner, isMap := value.(values)
		under, wasMap := result[key].(values)
		switch {
		case value == nil:
			delete(result, key)
		case isMap && wasMap:
			result[key] = merged(under, inner)
		default:
			result[key] = value
		}
	}
	return result
}

// functions are sprig's without access to the environment, and those that Helm adds.
func functions(root *template.Template) template.FuncMap {
	all := sprig.TxtFuncMap()
	delete(all, "env")
	delete(all, "expandenv")
	all["toYaml"] = func(value interface{}) (string, error) {
		text, err := yaml.Marshal(value)
		return strings.TrimSuffix(string(text), "\n"), err
	}
	all["fromYaml"] = func(text string) (values, error) {
		result := values{}
		return result, yaml.Unmarshal([]byte(text), &result)
	}
	all["required"] = func(message string, value interface{}) (interface{}, error) {
		if value == nil || value == "" {
			return nil, errors.New(message)
		}
		return value, nil
	}
	all["include"] = func(name string, data interface{}) (string, error) {
		var out strings.Builder
		err := root.ExecuteTemplate(&out, name, data)
		return out.String(), err
	}
	all["tpl"] = func(text string, data interface{}) (string, error) {
		copied, err := root.Clone()
		if err != nil {
			return "", err
		}
		parsed, err := copied.New("tpl").Parse(text)
		if err != nil {
			return "", err
		}
		var out strings.Builder
		err = parsed.Execute(&out, data)
		return out.String(), err
	}
	// Without a cluster there is nothing to look up.
	all["lookup"] = func(apiVersion, kind, namespace, name string) values { return values{} }
	return all
}
