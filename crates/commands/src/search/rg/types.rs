//! File types by name (`-t rust`).

use std::collections::BTreeMap;

use pattern::glob::{GlobOptions, Pattern};
use shell::command::CommandError;

/// Names with their globs.
const BUILT_IN: &[(&str, &str)] = &[
    ("ada", "*.adb *.ads"),
    ("agda", "*.agda *.lagda"),
    ("asciidoc", "*.adoc *.asc *.asciidoc"),
    ("asm", "*.asm *.s *.S"),
    ("awk", "*.awk"),
    ("bat", "*.bat"),
    ("batch", "*.bat"),
    ("bazel", "*.bazel *.bzl BUILD WORKSPACE MODULE.bazel"),
    ("c", "*.[chH] *.[chH].in *.cats"),
    ("cfml", "*.cfc *.cfm"),
    ("clojure", "*.clj *.cljc *.cljs *.cljx"),
    ("cmake", "*.cmake CMakeLists.txt"),
    ("coffeescript", "*.coffee"),
    ("config", "*.cfg *.conf *.config *.ini"),
    (
        "cpp",
        "*.[ChH] *.[ChH].in *.[ch]pp *.[ch]pp.in *.[ch]xx *.[ch]xx.in *.cc *.cc.in *.hh *.hh.in *.inl",
    ),
    ("crystal", "*.cr *.ecr Projectfile shard.yml"),
    ("cs", "*.cs"),
    ("csharp", "*.cs"),
    ("css", "*.css *.scss"),
    ("csv", "*.csv"),
    ("cython", "*.pyx *.pxd *.pxi"),
    ("d", "*.d"),
    ("dart", "*.dart"),
    ("diff", "*.patch *.diff"),
    ("docker", "*Dockerfile*"),
    ("elisp", "*.el"),
    ("elixir", "*.ex *.eex *.exs *.heex *.leex *.livemd"),
    ("elm", "*.elm"),
    ("erlang", "*.erl *.hrl"),
    ("fish", "*.fish"),
    ("fortran", "*.f *.F *.f77 *.F77 *.pfo *.f90 *.F90 *.f95 *.F95"),
    ("fsharp", "*.fs *.fsx *.fsi"),
    ("go", "*.go"),
    (
        "gradle",
        "*.gradle *.gradle.kts gradle.properties gradle-wrapper.* gradlew gradlew.bat",
    ),
    ("graphql", "*.graphql *.graphqls"),
    ("groovy", "*.groovy *.gradle"),
    ("h", "*.h *.hh *.hpp"),
    ("haml", "*.haml"),
    ("haskell", "*.hs *.lhs *.cpphs *.c2hs *.hsc"),
    ("html", "*.htm *.html *.ejs"),
    ("java", "*.java *.jsp *.jspx *.properties"),
    ("jinja", "*.j2 *.jinja *.jinja2"),
    ("js", "*.js *.jsx *.vue *.cjs *.mjs"),
    ("json", "*.json composer.lock *.sarif"),
    ("jsonl", "*.jsonl"),
    ("julia", "*.jl"),
    ("jupyter", "*.ipynb *.jpynb"),
    ("kotlin", "*.kt *.kts"),
    ("less", "*.less"),
    (
        "license",
        "COPYING COPYING[.-]* COPYRIGHT COPYRIGHT[.-]* LICENSE LICENSE[.-]* LICENCE LICENCE[.-]* NOTICE",
    ),
    ("lisp", "*.el *.jl *.lisp *.lsp *.sc *.scm"),
    ("lock", "*.lock package-lock.json"),
    ("log", "*.log"),
    ("lua", "*.lua"),
    ("m4", "*.ac *.m4"),
    (
        "make",
        "[Gg][Nn][Uu]makefile [Mm]akefile [Gg][Nn][Uu]makefile.am [Mm]akefile.am Makefile.in *.mk *.mak",
    ),
    ("man", "*.[0-9lnpx] *.[0-9][cEFMmpSx]"),
    ("markdown", "*.markdown *.md *.mdown *.mdwn *.mkd *.mkdn *.mdx"),
    ("matlab", "*.m"),
    ("md", "*.markdown *.md *.mdown *.mdwn *.mkd *.mkdn *.mdx"),
    ("meson", "meson.build meson_options.txt meson.options"),
    ("nim", "*.nim *.nimf *.nimble *.nims"),
    ("nix", "*.nix"),
    ("objc", "*.h *.m"),
    ("objcpp", "*.h *.mm"),
    ("ocaml", "*.ml *.mli *.mll *.mly"),
    ("org", "*.org *.org_archive"),
    ("pascal", "*.pas *.dpr *.lpr *.pp *.inc"),
    ("pdf", "*.pdf"),
    ("perl", "*.perl *.pl *.PL *.plh *.plx *.pm *.t"),
    ("php", "*.php *.php3 *.php4 *.php5 *.php7 *.php8 *.pht *.phtml"),
    ("po", "*.po"),
    ("postscript", "*.eps *.ps"),
    ("prolog", "*.pl *.pro *.prolog *.P"),
    ("protobuf", "*.proto"),
    ("ps", "*.cdxml *.ps1 *.ps1xml *.psd1 *.psm1"),
    ("puppet", "*.epp *.erb *.pp *.rb"),
    ("py", "*.py *.pyi"),
    ("python", "*.py *.pyi"),
    ("qml", "*.qml"),
    ("r", "*.R *.r *.Rmd *.Rnw"),
    ("readme", "README* *README"),
    ("rst", "*.rst"),
    ("ruby", "config.ru Gemfile .irbrc Rakefile *.gemspec *.rb *.rbw"),
    ("rust", "*.rs"),
    ("sass", "*.sass *.scss"),
    ("scala", "*.scala *.sbt"),
    (
        "sh",
        "*.bash *.bashrc .bash_login .bash_logout .bash_profile .bashrc *.csh .cshrc *.ksh .kshrc *.sh *.tcsh .tcshrc .zlogin .zlogout .zprofile .zshenv *.zsh .zshrc",
    ),
    ("sml", "*.sml *.sig"),
    ("sql", "*.sql *.psql"),
    ("svelte", "*.svelte"),
    ("svg", "*.svg"),
    ("swift", "*.swift"),
    (
        "systemd",
        "*.automount *.conf *.device *.link *.mount *.path *.scope *.service *.slice *.socket *.swap *.target *.timer",
    ),
    ("tcl", "*.tcl"),
    ("tex", "*.tex *.ltx *.cls *.sty *.bib *.dtx *.ins"),
    (
        "tf",
        "*.tf *.auto.tfvars terraform.tfvars *.tf.json *.auto.tfvars.json terraform.tfvars.json *.terraformrc terraform.rc *.tfrc *.terraform.lock.hcl",
    ),
    ("thrift", "*.thrift"),
    ("toml", "*.toml Cargo.lock"),
    ("ts", "*.ts *.tsx *.cts *.mts"),
    ("twig", "*.twig"),
    ("txt", "*.txt"),
    ("typescript", "*.ts *.tsx *.cts *.mts"),
    ("vala", "*.vala"),
    ("vb", "*.vb"),
    ("verilog", "*.v *.vh *.sv *.svh"),
    ("vhdl", "*.vhd *.vhdl"),
    ("vim", "*.vim .vimrc .gvimrc vimrc gvimrc _vimrc _gvimrc"),
    ("vue", "*.vue"),
    ("web", "*.css *.html *.js *.svg *.xml"),
    (
        "xml",
        "*.xml *.xml.dist *.dtd *.xsl *.xslt *.xsd *.xjb *.rng *.sch *.xhtml",
    ),
    ("yaml", "*.yaml *.yml"),
    ("zig", "*.zig"),
    ("zsh", ".zshenv .zlogin .zlogout .zprofile .zshrc *.zsh"),
];

/// The types that are known, and those that were asked for.
#[derive(Debug, Clone)]
pub(super) struct Types {
    known: BTreeMap<String, Vec<String>>,
    /// Globs that decide, the last first to match wins.
    selected: Vec<(Pattern, bool)>,
    wanted: bool,
}

impl Types {
    /// The built-in types.
    pub(super) fn new() -> Types {
        let known = BUILT_IN
            .iter()
            .map(|(n, g)| ((*n).to_owned(), g.split(' ').map(str::to_owned).collect()))
            .collect();
        Types {
            known,
            selected: Vec::new(),
            wanted: false,
        }
    }

    /// `-t` or `-T`.
    pub(super) fn select(&mut self, name: &[u8], include: bool) -> Result<(), CommandError> {
        let name = String::from_utf8_lossy(name);
        let globs: Vec<String> = if name == "all" {
            self.known.values().flatten().cloned().collect()
        } else {
            let known = self.known.get(&*name);
            known
                .cloned()
                .ok_or_else(|| CommandError::fail(2, format!("unrecognized file type: {name}")))?
        };
        let options = GlobOptions {
            extglob: false,
            ..GlobOptions::default()
        };
        self.selected.extend(
            globs
                .iter()
                .filter_map(|g| Pattern::new(g.as_bytes(), &options).ok())
                .map(|p| (p, include)),
        );
        self.wanted |= include;
        Ok(())
    }

    /// `--type-add NAME:GLOB` or `NAME:include:OTHER,…`.
    pub(super) fn add(&mut self, spec: &[u8]) -> Result<(), CommandError> {
        let spec = String::from_utf8_lossy(spec);
        let invalid = || CommandError::fail(2, "invalid definition (format is type:glob, e.g., html:*.html)");
        let (name, rest) = spec.split_once(':').ok_or_else(invalid)?;
        if name.is_empty() || rest.is_empty() {
            return Err(invalid());
        }
        let mut globs = Vec::new();
        match rest.strip_prefix("include:") {
            Some(others) => {
                for other in others.split(',') {
                    globs.extend(self.known.get(other).ok_or_else(invalid)?.iter().cloned());
                }
            }
            None => globs.push(rest.to_owned()),
        }
        self.known.entry(name.to_owned()).or_default().extend(globs);
        Ok(())
    }

    /// `--type-clear`.
    pub(super) fn clear(&mut self, name: &[u8]) {
        self.known.remove(&*String::from_utf8_lossy(name));
    }

    /// Whether a file of this name is left out.
    pub(super) fn skips(&self, name: &[u8]) -> bool {
        match self.selected.iter().rev().find(|(p, _)| p.matches(name)) {
            Some((_, include)) => !include,
            None => self.wanted,
        }
    }

    /// The list for `--type-list`.
    pub(super) fn list(&self) -> String {
        let mut out = String::new();
        for (name, globs) in &self.known {
            let mut globs = globs.clone();
            globs.sort();
            out.push_str(&format!("{name}: {}\n", globs.join(", ")));
        }
        out
    }
}
