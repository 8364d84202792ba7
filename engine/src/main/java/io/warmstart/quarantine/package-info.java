/** Files of an entry that is damaged: set aside, listed, given back. */
@NullMarked
package io.warmstart.quarantine;

import org.jspecify.annotations.NullMarked;
