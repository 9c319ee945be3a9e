//! `set -o` and `shopt` options.

macro_rules! options {
    ($(#[$doc:meta])* $type:ident: $($variant:ident $name:literal $letter:literal $default:literal;)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum $type {
            $(#[doc = $name] $variant,)*
        }

        impl $type {
            /// All of them, sorted by name as bash lists them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// Those that are on in a new shell, as a bit set.
            pub const DEFAULTS: u64 = 0 $(| (($default as u64) << (Self::$variant as u8)))*;

            /// The name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The letter, or NUL when there is none.
            pub fn letter(self) -> u8 {
                match self { $(Self::$variant => $letter,)* }
            }

            /// The option of that name.
            pub fn from_name(name: &[u8]) -> Option<Self> {
                Self::ALL.iter().copied().find(|o| o.name().as_bytes() == name)
            }

            /// The option of that letter.
            pub fn from_letter(letter: u8) -> Option<Self> {
                Self::ALL.iter().copied().find(|o| letter != 0 && o.letter() == letter)
            }

            /// Its bit.
            #[inline]
            pub fn bit(self) -> u64 {
                1 << (self as u8)
            }
        }
    };
}

options! {
    /// Options of `set`.
    SetOpt:
    Allexport "allexport" b'a' false;
    Braceexpand "braceexpand" b'B' true;
    Emacs "emacs" 0 false;
    Errexit "errexit" b'e' false;
    Errtrace "errtrace" b'E' false;
    Functrace "functrace" b'T' false;
    Hashall "hashall" b'h' true;
    Histexpand "histexpand" b'H' false;
    History "history" 0 false;
    Ignoreeof "ignoreeof" 0 false;
    InteractiveComments "interactive-comments" 0 true;
    Keyword "keyword" b'k' false;
    Monitor "monitor" b'm' false;
    Noclobber "noclobber" b'C' false;
    Noexec "noexec" b'n' false;
    Noglob "noglob" b'f' false;
    Nolog "nolog" 0 false;
    Notify "notify" b'b' false;
    Nounset "nounset" b'u' false;
    Onecmd "onecmd" b't' false;
    Physical "physical" b'P' false;
    Pipefail "pipefail" 0 false;
    Posix "posix" 0 false;
    Privileged "privileged" b'p' false;
    Verbose "verbose" b'v' false;
    Vi "vi" 0 false;
    Xtrace "xtrace" b'x' false;
}

options! {
    /// Options of `shopt`.
    ShOpt:
    Autocd "autocd" 0 false;
    AssocExpandOnce "assoc_expand_once" 0 false;
    CdableVars "cdable_vars" 0 false;
    Cdspell "cdspell" 0 false;
    Checkhash "checkhash" 0 false;
    Checkjobs "checkjobs" 0 false;
    Checkwinsize "checkwinsize" 0 true;
    Cmdhist "cmdhist" 0 true;
    Compat31 "compat31" 0 false;
    Compat32 "compat32" 0 false;
    Compat40 "compat40" 0 false;
    Compat41 "compat41" 0 false;
    Compat42 "compat42" 0 false;
    Compat43 "compat43" 0 false;
    Compat44 "compat44" 0 false;
    CompleteFullquote "complete_fullquote" 0 true;
    Direxpand "direxpand" 0 false;
    Dirspell "dirspell" 0 false;
    Dotglob "dotglob" 0 false;
    Execfail "execfail" 0 false;
    ExpandAliases "expand_aliases" 0 false;
    Extdebug "extdebug" 0 false;
    Extglob "extglob" 0 false;
    Extquote "extquote" 0 true;
    Failglob "failglob" 0 false;
    ForceFignore "force_fignore" 0 true;
    Globasciiranges "globasciiranges" 0 true;
    Globskipdots "globskipdots" 0 true;
    Globstar "globstar" 0 false;
    GnuErrfmt "gnu_errfmt" 0 false;
    Histappend "histappend" 0 false;
    Histreedit "histreedit" 0 false;
    Histverify "histverify" 0 false;
    Hostcomplete "hostcomplete" 0 true;
    Huponexit "huponexit" 0 false;
    InheritErrexit "inherit_errexit" 0 false;
    InteractiveComments "interactive_comments" 0 true;
    Lastpipe "lastpipe" 0 false;
    Lithist "lithist" 0 false;
    LocalvarInherit "localvar_inherit" 0 false;
    LocalvarUnset "localvar_unset" 0 false;
    LoginShell "login_shell" 0 false;
    Mailwarn "mailwarn" 0 false;
    NoEmptyCmdCompletion "no_empty_cmd_completion" 0 false;
    Nocaseglob "nocaseglob" 0 false;
    Nocasematch "nocasematch" 0 false;
    NoexpandTranslation "noexpand_translation" 0 false;
    Nullglob "nullglob" 0 false;
    PatsubReplacement "patsub_replacement" 0 true;
    Progcomp "progcomp" 0 true;
    ProgcompAlias "progcomp_alias" 0 false;
    Promptvars "promptvars" 0 true;
    RestrictedShell "restricted_shell" 0 false;
    ShiftVerbose "shift_verbose" 0 false;
    Sourcepath "sourcepath" 0 true;
    VarredirClose "varredir_close" 0 false;
    XpgEcho "xpg_echo" 0 false;
}

/// The state of all options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    set: u64,
    shopt: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            set: SetOpt::DEFAULTS,
            shopt: ShOpt::DEFAULTS,
        }
    }
}

impl Options {
    /// Whether a `set` option is on.
    #[inline]
    pub fn on(&self, option: SetOpt) -> bool {
        self.set & option.bit() != 0
    }

    /// Switches a `set` option.
    pub fn set(&mut self, option: SetOpt, on: bool) {
        if on {
            self.set |= option.bit();
        } else {
            self.set &= !option.bit();
        }
    }

    /// Whether a `shopt` option is on.
    #[inline]
    pub fn shopt(&self, option: ShOpt) -> bool {
        self.shopt & option.bit() != 0
    }

    /// Switches a `shopt` option.
    pub fn set_shopt(&mut self, option: ShOpt, on: bool) {
        if on {
            self.shopt |= option.bit();
        } else {
            self.shopt &= !option.bit();
        }
    }

    /// The `set` options as a bit set, for `local -`.
    pub fn set_bits(&self) -> u64 {
        self.set
    }

    /// Restores what [`Options::set_bits`] gave.
    pub fn restore_set_bits(&mut self, bits: u64) {
        self.set = bits;
    }

    /// `$-`, without the letters that say how the shell was started.
    pub fn letters(&self) -> Vec<u8> {
        // The order in which bash builds `$-`: its table of flags, then B and H.
        b"abefhkmnptuvxBCEHPT"
            .iter()
            .copied()
            .filter(|l| SetOpt::from_letter(*l).is_some_and(|o| self.on(o)))
            .collect()
    }

    /// `$SHELLOPTS`.
    pub fn shellopts(&self) -> Vec<u8> {
        joined(SetOpt::ALL.iter().filter(|o| self.on(**o)).map(|o| o.name()))
    }

    /// `$BASHOPTS`.
    pub fn bashopts(&self) -> Vec<u8> {
        let mut names: Vec<_> = ShOpt::ALL
            .iter()
            .filter(|o| self.shopt(**o))
            .map(|o| o.name())
            .collect();
        names.sort_unstable();
        joined(names.into_iter())
    }
}

fn joined<'a>(names: impl Iterator<Item = &'a str>) -> Vec<u8> {
    names.collect::<Vec<_>>().join(":").into_bytes()
}
