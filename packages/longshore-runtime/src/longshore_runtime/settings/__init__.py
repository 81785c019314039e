"""Errors of settings libraries, told as environment variables: all at once, never a value.

One file per library; each knows how to recognise its errors without importing the library, since
an application that fails with a library's error has imported it already.
"""

from longshore_runtime.settings.explain import explain_settings_error
from longshore_runtime.settings.problem import Problem, SettingsError

__all__ = ["Problem", "SettingsError", "explain_settings_error"]
