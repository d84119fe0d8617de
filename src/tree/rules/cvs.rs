//! What version control and builds leave behind.

use std::os::unix::ffi::OsStrExt;

use super::Environment;
use super::error::RuleError;
use super::list::{Item, List};
use super::parse::{Form, Modifiers};
use super::read::{Anchor, Context, FileName, Reader};
use super::rule::{Action, Among, Written};

/// The patterns of `-C`, as the manual of rsync lists them.
const BUILT_IN: &[u8] = b"RCS SCCS CVS CVS.adm RCSLOG cvslog.* tags TAGS .make.state .nse_depinfo \
    *~ #* .#* ,* _$* *$ *.old *.bak *.BAK *.orig *.rej .del-* *.a *.olb *.o *.obj *.so *.exe *.Z *.elc *.ln \
    core .svn/ .git/ .hg/ .bzr/";

impl Reader<'_> {
    /// The list of what version control leaves out: the built-in one, `$HOME/.cvsignore`, `$CVSIGNORE`. A
    /// `!` in those clears only this list.
    pub(super) fn cvs(
        &mut self,
        list: &mut List,
        action: Action,
        modifiers: Modifiers,
    ) -> Result<(), RuleError> {
        let context = |written: Option<FileName>, perishable| Context {
            form: Form::Cvs,
            defaults: Modifiers {
                perishable,
                ..modifiers
            },
            file: written,
            option: "--cvs-exclude",
            depth: 0,
            among: Among::Cvs,
            is_exempt: false,
            anchor: Anchor::Root,
        };
        let mut own = List::default();
        self.texts(&mut own, BUILT_IN, true, &context(None, true))?;
        let Environment { home, cvsignore } = self.manner.environment.clone();
        if let Some(path) = home.map(|home| home.join(".cvsignore")) {
            let name = path.as_os_str().as_bytes();
            if let Ok(file) = self.open(name) {
                let context = context(Some(name.into()), modifiers.perishable);
                self.texts(&mut own, file, true, &context)?;
            }
        }
        if let Some(words) = cvsignore {
            let context = context(None, modifiers.perishable);
            let before = own.items.len();
            self.texts(&mut own, words.as_bytes(), true, &context)?;
            for item in own.items.iter_mut().skip(before) {
                if let Item::Rule(rule) = item {
                    rule.written = Written::Variable;
                }
            }
        }
        for item in &mut own.items {
            if let Item::Rule(rule) = item {
                rule.action = action;
                rule.negated = modifiers.negated;
            }
        }
        list.items.append(&mut own.items);
        Ok(())
    }
}
