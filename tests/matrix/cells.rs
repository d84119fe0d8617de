//! The axes of the matrix, all of its cells, and few cells in which each pair of values is met.

use std::collections::HashSet;

/// Which end the client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    Pull,
    Push,
}

/// The client and the far end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pair {
    ResilverAndStock,
    ResilverAndResilver,
    StockAndResilver,
}

/// What the client reaches the far end through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Through {
    Pipes,
    Ssh,
    #[cfg(feature = "ssh")]
    BuiltIn,
}

/// What is at the destination before the first run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scene {
    First,
    Unchanged,
    Delta,
    Delete,
}

/// One cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cell {
    pub way: Way,
    pub pair: Pair,
    pub protocol: u8,
    pub compression: &'static str,
    pub everything: bool,
    pub scene: Scene,
    pub through: Through,
}

pub const WAYS: [Way; 2] = [Way::Pull, Way::Push];
pub const PAIRS: [Pair; 3] = [
    Pair::ResilverAndStock,
    Pair::ResilverAndResilver,
    Pair::StockAndResilver,
];
pub const COMPRESSIONS: [&str; 5] = ["", "zlib", "zlibx", "zstd", "lz4"];
pub const SCENES: [Scene; 4] = [Scene::First, Scene::Unchanged, Scene::Delta, Scene::Delete];

impl Cell {
    /// The same whoever plays it: what two stock rsyncs are asked for.
    pub fn options(&self) -> Vec<String> {
        let mut options = vec![format!("--protocol={}", self.protocol)];
        match self.everything {
            true => options.extend(["-aiHAX".into(), "--numeric-ids".into()]),
            false => options.push("-ai".into()),
        }
        if !self.compression.is_empty() {
            options.extend(["-z".into(), format!("--zc={}", self.compression)]);
        }
        if self.scene == Scene::Delete {
            options.push("--delete".into());
        }
        options
    }

    /// Whether the protocol of the cell has no room for what is asked for.
    fn is_beyond_its_protocol(&self) -> bool {
        self.everything && self.protocol < 30
    }

    fn values(&self) -> [u8; 7] {
        let compression = COMPRESSIONS.iter().position(|c| *c == self.compression);
        [
            self.way as u8,
            self.pair as u8,
            self.protocol,
            compression.unwrap_or(0) as u8,
            self.everything.into(),
            self.scene as u8,
            self.through as u8,
        ]
    }

    fn pairs(&self) -> impl Iterator<Item = (usize, u8, usize, u8)> {
        let values = self.values();
        (0..values.len()).flat_map(move |b| (0..b).map(move |a| (a, values[a], b, values[b])))
    }
}

/// All cells, through one of the shells.
pub fn all(through: Through) -> Vec<Cell> {
    let mut cells = Vec::new();
    for way in WAYS {
        for pair in PAIRS {
            for protocol in 27..=32 {
                for compression in COMPRESSIONS {
                    for everything in [false, true] {
                        for scene in SCENES {
                            cells.push(Cell {
                                way,
                                pair,
                                protocol,
                                compression,
                                everything,
                                scene,
                                through,
                            });
                        }
                    }
                }
            }
        }
    }
    cells
}

/// Few cells in which each pair of values is met: in cells that can be played where there are such.
pub fn cover() -> Vec<Cell> {
    let mut cells = all(Through::Pipes);
    cells.extend(all(Through::Ssh));
    let mut unmet: HashSet<_> = cells.iter().flat_map(Cell::pairs).collect();
    let mut chosen = Vec::new();
    for beyond in [false, true] {
        loop {
            let gain = |cell: &Cell| cell.pairs().filter(|pair| unmet.contains(pair)).count();
            let best = cells
                .iter()
                .filter(|cell| beyond || !cell.is_beyond_its_protocol())
                .max_by_key(|cell| gain(cell));
            let Some(best) = best.filter(|cell| gain(cell) > 0) else {
                break;
            };
            chosen.push(*best);
            for pair in best.pairs() {
                unmet.remove(&pair);
            }
        }
    }
    chosen
}

#[test]
fn each_pair_is_in_the_cover() {
    let cover = cover();
    let met: HashSet<_> = cover.iter().flat_map(Cell::pairs).collect();
    let all = [all(Through::Pipes), all(Through::Ssh)].concat();
    assert!(all.iter().flat_map(Cell::pairs).all(|p| met.contains(&p)));
    assert!(cover.len() < 60, "{}", cover.len());
}
