@NullMarked
package io.warmstart.stress;

import org.jspecify.annotations.NullMarked;
