//! The machine for expressions with unbounded recursion.
//!
//! What is left to do with an output is a continuation: a shared list of frames. Other outputs still to come are
//! choice points on a stack. Both live on the heap, and a call in tail position adds no frame.

use super::Cx;
use super::env::Env;
use super::machine_step::Failed;
use super::path::{Keys, Path};
use crate::error::Exc;
use crate::ir::NodeId;
use crate::value::{Str, Value};
use std::cell::Cell;
use std::rc::Rc;

type Result<T> = std::result::Result<T, Exc>;

/// What happens to an output.
#[derive(Debug, Clone)]
pub(super) enum Frame {
    /// It is the input of the next stage.
    Then {
        node: NodeId,
        env: Env,
    },
    /// It is bound to a slot, then the body runs on the original input.
    Bind {
        body: NodeId,
        level: u32,
        env: Env,
        input: Value,
        path: Path,
    },
    /// It is added to the array at this height of the choice stack.
    Collect {
        at: usize,
    },
    /// It is kept as the only output so far at this height.
    Keep {
        at: usize,
    },
    /// Left side of `//`, whose record is at this height.
    AltLeft {
        at: usize,
    },
    /// It leaves a `try`; errors beyond this point are not caught by it.
    TryEnd {
        height: usize,
        handler: Option<NodeId>,
        env: Env,
        input: Value,
        path: Path,
    },
    /// It leaves alternative number `index` of a `?//`.
    AlternativeEnd {
        height: usize,
        node: NodeId,
        index: usize,
        env: Env,
        input: Value,
        path: Path,
    },
    /// It is the next element of a `reduce` whose state is at this height.
    ReduceItem {
        at: usize,
        update: NodeId,
        level: u32,
        env: Env,
    },
    /// It is the new state of a `reduce`.
    ReduceStore {
        at: usize,
    },
    ForeachItem {
        at: usize,
        node: NodeId,
        env: Env,
        input: Value,
        path: Path,
    },
    ForeachStore {
        at: usize,
        extract: Option<NodeId>,
        env: Env,
        input: Value,
        path: Path,
    },
    /// Output of a `foreach`: its path is that of a computed value.
    Computed {
        input: Value,
        path: Path,
    },
    LabelEnd {
        mark: u64,
        height: usize,
    },
    Limit {
        left: Rc<Cell<f64>>,
        height: usize,
    },
    Skip {
        left: Rc<Cell<f64>>,
    },
    PathEnd {
        input: Value,
        path: Path,
    },
}

#[derive(Debug)]
struct KontNode {
    frame: Frame,
    next: Kont,
}

/// The rest of the computation.
#[derive(Debug, Clone, Default)]
pub(super) struct Kont(Option<Rc<KontNode>>);

impl Kont {
    pub fn push(self, frame: Frame) -> Self {
        Self(Some(Rc::new(KontNode { frame, next: self })))
    }

    /// Takes the first frame off.
    pub fn pop(mut self) -> Option<(Frame, Self)> {
        let rc = self.0.take()?;
        match Rc::try_unwrap(rc) {
            Ok(mut node) => {
                let next = std::mem::take(&mut node.next);
                Some((node.frame, next))
            }
            Err(rc) => Some((rc.frame.clone(), rc.next.clone())),
        }
    }

    /// The frames with what follows each, innermost first.
    pub fn frames(&self) -> impl Iterator<Item = (&Frame, &Self)> {
        let mut at = self;
        std::iter::from_fn(move || {
            let node = at.0.as_ref()?;
            at = &node.next;
            Some((&node.frame, &node.next))
        })
    }
}

impl Drop for Kont {
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(rc) = next {
            let Ok(mut node) = Rc::try_unwrap(rc) else { return };
            next = node.next.0.take();
        }
    }
}

/// An expression about to run.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub node: NodeId,
    pub env: Env,
    pub input: Value,
    pub path: Path,
    pub kont: Kont,
}

/// Where to go on when an output was dealt with.
#[derive(Debug)]
pub(super) enum Choice {
    Run(State),
    Items {
        items: std::vec::IntoIter<Value>,
        next: u64,
        keys: Option<Keys>,
        kont: Kont,
    },
    Entries {
        entries: std::vec::IntoIter<(Str, Value)>,
        keys: Option<Keys>,
        kont: Kont,
    },
    Range {
        at: f64,
        upto: f64,
        by: f64,
        input: Value,
        path: Path,
        kont: Kont,
    },
    Recurse {
        todo: Vec<(Value, Path)>,
        kont: Kont,
    },
    /// The body of an array ran dry.
    Array {
        items: Vec<Value>,
        input: Value,
        path: Path,
        kont: Kont,
    },
    Reduce {
        state: Value,
        input: Value,
        path: Path,
        kont: Kont,
    },
    Foreach {
        state: Value,
    },
    Last {
        last: Option<(Value, Path)>,
        kont: Kont,
    },
    Alt {
        found: bool,
        other: State,
    },
}

/// What one step led to.
pub(super) enum Flow {
    Go(State),
    Back,
    Out(Value),
}

/// A run in progress: gives one output at a time.
#[derive(Debug, Default)]
pub(crate) struct Machine {
    pub(super) choices: Vec<Choice>,
}

impl Machine {
    /// A machine about to run `node` on `input`.
    pub fn new(node: NodeId, input: Value) -> Self {
        let state = State {
            node,
            env: Env::default(),
            input,
            path: Path::Off,
            kont: Kont::default(),
        };
        Self {
            choices: vec![Choice::Run(state)],
        }
    }

    /// The next output.
    pub fn next(&mut self, cx: &mut Cx<'_, '_>) -> Result<Option<Value>> {
        let mut flow = Flow::Back;
        loop {
            flow = match flow {
                Flow::Out(v) => return Ok(Some(v)),
                Flow::Go(state) => {
                    cx.tick()?;
                    match self.step(cx, state) {
                        Ok(flow) => flow,
                        Err(Failed(e, kont)) => self.unwind(cx, e, &kont)?,
                    }
                }
                Flow::Back => match self.choices.pop() {
                    None => return Ok(None),
                    Some(choice) => {
                        cx.tick()?;
                        self.resume(cx, choice)?
                    }
                },
            };
        }
    }

    /// Finds who catches an error raised where `kont` was the rest of the computation.
    pub(super) fn unwind(&mut self, cx: &Cx<'_, '_>, e: Exc, kont: &Kont) -> Result<Flow> {
        for (frame, next) in kont.frames() {
            match (frame, &e) {
                (
                    Frame::TryEnd {
                        height,
                        handler,
                        env,
                        input,
                        path,
                    },
                    Exc::Raised(v),
                ) => {
                    self.choices.truncate(*height);
                    let Some(node) = *handler else { return Ok(Flow::Back) };
                    let path = path.clone().computed(input, v);
                    let (env, kont) = (env.clone(), next.clone());
                    let Exc::Raised(v) = e else { return Ok(Flow::Back) };
                    return Ok(Flow::Go(State {
                        node,
                        env,
                        input: *v,
                        path,
                        kont,
                    }));
                }
                (Frame::AltLeft { at }, Exc::Raised(_)) => {
                    self.choices.truncate(*at + 1);
                    return Ok(Flow::Back);
                }
                (
                    Frame::AlternativeEnd {
                        height,
                        node,
                        index,
                        env,
                        input,
                        path,
                    },
                    Exc::Raised(_),
                ) => {
                    self.choices.truncate(*height);
                    let state = State {
                        node: *node,
                        env: env.clone(),
                        input: input.clone(),
                        path: path.clone(),
                        kont: next.clone(),
                    };
                    return Ok(Self::alternative(cx, *index + 1, state, *height));
                }
                (Frame::LabelEnd { mark, height }, Exc::Break(m)) if m == mark => {
                    self.choices.truncate(*height);
                    return Ok(Flow::Back);
                }
                _ => {}
            }
        }
        self.choices.clear();
        Err(e)
    }
}
