/** Remotes that go away and come back. */
@NullMarked
package io.warmstart.stress.remote;

import org.jspecify.annotations.NullMarked;
