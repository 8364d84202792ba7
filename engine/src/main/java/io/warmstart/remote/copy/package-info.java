/**
 * One entry's way to a remote and back: how its objects are named, what is sent, which of those
 * there wins, and how it comes into the root.
 */
@NullMarked
package io.warmstart.remote.copy;

import org.jspecify.annotations.NullMarked;
