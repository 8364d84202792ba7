/** Values of the public API, which know nothing of the store. Uses nothing of ours but text. */
@NullMarked
package io.warmstart.model;

import org.jspecify.annotations.NullMarked;
