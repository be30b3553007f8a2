from tests.quick_books import quick_books

__all__ = ["quick_books"]
