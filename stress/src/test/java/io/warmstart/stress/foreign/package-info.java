@NullMarked
package io.warmstart.stress.foreign;

import org.jspecify.annotations.NullMarked;
