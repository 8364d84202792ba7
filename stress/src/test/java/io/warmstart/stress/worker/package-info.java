@NullMarked
package io.warmstart.stress.worker;

import org.jspecify.annotations.NullMarked;
