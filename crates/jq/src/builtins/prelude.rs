//! Builtins defined in jq itself. They are parsed once per process and expanded where they are used.

use crate::syntax::{Module, parse};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

const TEXT: &str = r#"
def error($msg): $msg | error;
def map(f): [.[] | f];
def select(f): if f then . else empty end;
def recurse(f): def r: ., (f | r); r;
def recurse(f; cond): def r: ., (f | select(cond) | r); r;
def values: select(. != null);
def nulls: select(. == null);
def booleans: select(type == "boolean");
def numbers: select(type == "number");
def strings: select(type == "string");
def arrays: select(type == "array");
def objects: select(type == "object");
def iterables: select(type | . == "array" or . == "object");
def scalars: select(type | . != "array" and . != "object");
def normals: select(isnormal);
def finites: select(isfinite);
def add(f): reduce f as $x (null; . + $x);
def unique: unique_by(.);
def del(f): delpaths([path(f)]);
def map_values(f): .[] |= f;
def with_entries(f): to_entries | map(f) | from_entries;
def paths: path(..) | select(length > 0);
def paths(node_filter): . as $dot | paths | select(. as $p | $dot | getpath($p) | node_filter);
def leaf_paths: paths(scalars);
def pick(pathexps): . as $top | reduce path(pathexps) as $p (null; setpath($p; $top | getpath($p)));
def first(f): label $out | (f | ., break $out);
def first: .[0];
def last: .[-1];
def nth($n): .[$n];
def nth($n; f):
  if $n < 0 then error("nth doesn't support negative indices") else first(skip($n; f)) end;
def isempty(g): label $go | (g | false, break $go), true;
def all(generator; condition): isempty(first(generator | condition and empty));
def any(generator; condition): isempty(first(generator | condition or empty)) | not;
def all(condition): all(.[]; condition);
def any(condition): any(.[]; condition);
def all: all(.);
def any: any(.);
def until(cond; update): def _until: if cond then . else (update | _until) end; _until;
def while(cond; update): def _while: if cond then ., (update | _while) else empty end; _while;
def repeat(f): def _repeat: f, _repeat; _repeat;
def inputs: try repeat(input) catch if . == "break" then empty else error end;
def in(xs): . as $x | xs | has($x);
def inside(xs): . as $x | xs | contains($x);
def combinations:
  if length == 0 then [] else .[0][] as $x | (.[1:] | combinations) as $w | [$x] + $w end;
def combinations(n): . as $dot | [range(n)] | map($dot) | combinations;
def walk(f): def w: if type == "object" then map_values(w) elif type == "array" then map(w) else . end | f; w;
def index($i): indices($i) | .[0];
def rindex($i): indices($i) | .[-1:][0];
def todate: strftime("%Y-%m-%dT%H:%M:%SZ");
def todateiso8601: todate;
def fromdateiso8601: strptime("%Y-%m-%dT%H:%M:%SZ") | mktime;
def fromdate: fromdateiso8601;
def date: todate;
def dateadd(u; n): . + n;
def datesub(u; n): . - n;
def match(re; mode): _match(re; mode; false) | .[];
def match($val): _match_args($val) as $a | match($a[0]; $a[1]);
def test(re; mode): _match(re; mode; true);
def test($val): _match_args($val) as $a | test($a[0]; $a[1]);
def capture(re; mods): match(re; mods) | _captures;
def capture($val): _match_args($val) as $a | capture($a[0]; $a[1]);
def scan($re; $flags):
  match($re; "g" + $flags) | if (.captures | length) > 0 then [.captures[].string] else .string end;
def scan($re): scan($re; null);
def splits($re; flags): split($re; flags) | .[];
def splits($re): splits($re; null);
def sub($re; str; $flags):
  . as $in
  | _edits($re; $flags) as $edits
  | if ($edits | length) == 0 then $in
    else [$edits[] | [.[0], [.[1] | str]]] as $done | $in | _join_edits($done; $edits[-1][2]) | .[] end;
def sub($re; str): sub($re; str; "");
def gsub($re; str; $flags): sub($re; str; $flags + "g");
def gsub($re; str): sub($re; str; "g");
def ascii: [.] | implode;
def tostream: _tostream | .[];
def fromstream(f):
  {x: null, e: false} as $init
  | foreach f as $i ($init;
      if .e then $init else . end
      | if $i | length == 2
        then setpath(["e"]; $i[0] | length == 0) | setpath(["x"] + $i[0]; $i[1])
        else setpath(["e"]; $i[0] | length == 1) end;
      if .e then .x else empty end);
def truncate_stream(stream):
  . as $n | null | stream | . as $input | if (.[0] | length) > $n then setpath([0]; .[0][$n:]) else empty end;
def debug(msgs): (msgs | debug | empty), .;
def isfinite: type == "number" and (isinfinite | not);
def INDEX(stream; idx_expr): reduce stream as $row ({}; .[$row | idx_expr | tostring] |= $row);
def INDEX(idx_expr): INDEX(.[]; idx_expr);
def JOIN($idx; idx_expr): [.[] | [., $idx[idx_expr]]];
def JOIN($idx; stream; idx_expr): stream | [., $idx[idx_expr]];
def JOIN($idx; stream; idx_expr; join_expr): stream | [., $idx[idx_expr]] | join_expr;
def IN(s): any(s == .; .);
def IN(src; s): any(src == s; .);
def halt_error: halt_error(5);
def input_line_number: _input_line_number;
def get_search_list: _search_list;
def _modify(paths; update):
  reduce path(paths) as $p ([., []];
    . as [$x, $del]
    | [first($x | getpath($p) | update)] as $new
    | if ($new | length) > 0 then [($x | setpath($p; $new[0])), $del] else [$x, $del + [$p]] end)
  | .[1] as $del | .[0] | delpaths($del);
"#;

/// The parsed prelude.
pub(crate) fn prelude() -> Arc<Module> {
    static PARSED: OnceLock<Arc<Module>> = OnceLock::new();
    Arc::clone(PARSED.get_or_init(|| Arc::new(parse(TEXT).unwrap_or_default())))
}

/// The definition of a function in the prelude.
pub(crate) fn find_defined(name: &str, arity: usize) -> Option<usize> {
    static BY_NAME: OnceLock<HashMap<&'static str, Vec<(usize, usize)>>> = OnceLock::new();
    let map = BY_NAME.get_or_init(|| {
        let module = prelude();
        let mut map: HashMap<&'static str, Vec<(usize, usize)>> = HashMap::new();
        for d in &module.definitions {
            let def = &module.tree.definitions[*d];
            // Once per process: the names live as long as the table.
            map.entry(def.name.clone().leak())
                .or_default()
                .push((def.params.len(), *d));
        }
        map
    });
    map.get(name)?.iter().rev().find(|(n, _)| *n == arity).map(|(_, d)| *d)
}

pub(super) fn names() -> Vec<String> {
    let module = prelude();
    let name = |d: &usize| {
        let def = &module.tree.definitions[*d];
        format!("{}/{}", def.name, def.params.len())
    };
    module.definitions.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    /// The prelude parses: a mistake in it would make all of it vanish.
    #[test]
    fn parses() {
        assert!(super::parse(super::TEXT).is_ok());
    }
}
