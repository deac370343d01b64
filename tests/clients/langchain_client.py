"""Talks to a node with LangChain's classes for OpenAI, unchanged: a chat, a stream, text, structured output, tools, embeddings."""

import typing
import unittest

import pydantic
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAI, OpenAIEmbeddings

from node import node


class Mood(pydantic.BaseModel):
    """How somebody feels."""

    mood: typing.Literal["good", "bad"]


@tool
def look(place: typing.Literal["here", "there"]) -> str:
    """Looks somewhere."""
    return place


class LangChain(unittest.TestCase):
    """One node with both kinds of models for all tests."""

    @classmethod
    def setUpClass(cls):
        cls.node = cls.enterClassContext(node(embedder="mean"))
        cls.where = {"base_url": f"{cls.node.url}/v1", "api_key": cls.node.token, "max_retries": 0}
        cls.chat = ChatOpenAI(model="default", max_tokens=128, temperature=0, **cls.where)

    def test_a_chat_answers_whole_and_in_pieces(self):
        whole = self.chat.invoke("Say hello.").content
        self.assertTrue(whole)
        self.assertEqual("".join(piece.text for piece in self.chat.stream("Say hello.")), whole)

    def test_texts_are_continued_together_and_in_pieces(self):
        model = OpenAI(model="default", max_tokens=8, temperature=0, **self.where)
        whole = model.invoke("Say hello.")
        self.assertEqual(model.batch(["Say hello.", "Say hello."]), [whole, whole])
        self.assertEqual("".join(model.stream("Say hello.")), whole)

    def test_structured_output_is_parsed(self):
        structured = self.chat.with_structured_output(Mood, method="json_schema")
        self.assertIn(structured.invoke("How are you?").mood, ("good", "bad"))

    def test_a_bound_tool_is_called(self):
        (call,) = self.chat.bind_tools([look], tool_choice="look").invoke("Look.").tool_calls
        self.assertEqual(call["name"], "look")
        self.assertIn(call["args"]["place"], ("here", "there"))

    def test_documents_and_questions_are_embedded(self):
        # Its default cuts texts into tokens of OpenAI's own models, which are nobody else's.
        embeddings = OpenAIEmbeddings(model="default", check_embedding_ctx_length=False, **self.where)
        self.assertEqual([len(vector) for vector in embeddings.embed_documents(["one", "two"])], [32, 32])
        self.assertEqual(len(embeddings.embed_query("one")), 32)


if __name__ == "__main__":
    unittest.main(verbosity=2)
