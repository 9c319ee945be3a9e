//! What `jq --help` prints.

/// Where usage errors point to.
pub const HINT: &str = "Use jq --help for help with command-line options,\n\
or see the jq manpage, or online docs  at https://jqlang.github.io/jq\n";

/// The usage text.
pub const TEXT: &str = "Usage:\tjq [OPTIONS] FILTER [FILES...]
\tjq [OPTIONS] -f FILE [FILES...]
\tjq [OPTIONS] --args FILTER [ARGUMENTS...]
\tjq [OPTIONS] --jsonargs FILTER [JSON_VALUES...]

Applies a filter written in the jq language to JSON inputs and prints its
results as JSON. The simplest filter is `.`, which prints its input.

Command options:
  -n, --null-input          run once with null as the input;
  -R, --raw-input           read each line as a string instead of JSON;
  -s, --slurp               read all inputs into an array and use it as
                            the single input value;
  -c, --compact-output      compact instead of pretty-printed output;
  -r, --raw-output          print strings without escapes and quotes;
      --raw-output0         the same, with NUL after each output;
  -j, --join-output         the same, without newline after each output;
  -a, --ascii-output        print only ASCII, with escapes;
  -S, --sort-keys           sort the keys of each object;
  -C, --color-output        colorize JSON output;
  -M, --monochrome-output   do not colorize JSON output;
      --tab                 use tabs for indentation;
      --indent n            use n spaces for indentation (at most 7);
      --unbuffered          flush after each output;
      --stream              parse the input in streaming fashion;
      --stream-errors       the same, and report invalid JSON as an array;
      --seq                 read and write the application/json-seq format;
  -f, --from-file           read the filter from a file;
  -L, --library-path dir    search modules in the directory;
      --arg name value      set $name to the string value;
      --argjson name value  set $name to the JSON value;
      --slurpfile name file set $name to an array of the JSON values in the file;
      --rawfile name file   set $name to the string contents of the file;
      --args                the remaining arguments are string values;
      --jsonargs            the remaining arguments are JSON values;
  -e, --exit-status         set the exit status by the last output;
  -V, --version             show the version;
  --build-configuration     show the build configuration;
  -h, --help                show this help;
  --                        end the options.

Named arguments are also available as $ARGS.named[], while
positional arguments are available as $ARGS.positional[].
";
