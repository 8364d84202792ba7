/**
 * What the bytes and names of a store mean: manifests, run ids, staged names, the policy, and the
 * rules of choice. Nothing here opens a file, reads a clock of its own accord or knows the engine
 * above.
 */
@NullMarked
package io.warmstart.format;

import org.jspecify.annotations.NullMarked;
