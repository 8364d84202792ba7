/** Values of the public API, which know nothing of the store. */
@NullMarked
package io.warmstart.model;

import org.jspecify.annotations.NullMarked;
