//! What version control and builds leave behind.

/// The patterns of `-C`, as the manual of rsync lists them.
pub(super) const BUILT_IN: &[u8] = b"RCS SCCS CVS CVS.adm RCSLOG cvslog.* tags TAGS .make.state .nse_depinfo \
    *~ #* .#* ,* _$* *$ *.old *.bak *.BAK *.orig *.rej .del-* *.a *.olb *.o *.obj *.so *.exe *.Z *.elc *.ln \
    core .svn/ .git/ .hg/ .bzr/";
