@NullMarked
package io.warmstart.stress.original;

import org.jspecify.annotations.NullMarked;
